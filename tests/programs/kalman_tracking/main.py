import tensorflow as tf
from collections import deque
from typing import NamedTuple, Optional


class Gaussian(NamedTuple):
    mean: tf.Tensor
    cov: tf.Tensor


class KalmanFilter:
    """Constant-velocity tracker."""

    def __init__(self, dt: float = 1.0, process_var: float = 0.1, obs_var: float = 1.0):
        self.dt = dt
        self.F = tf.constant([[1, 0, dt, 0], [0, 1, 0, dt], [0, 0, 1, 0], [0, 0, 0, 1]], tf.float32)
        self.H = tf.constant([[1, 0, 0, 0], [0, 1, 0, 0]], tf.float32)
        self.Q = process_var * tf.eye(4)
        self.R = obs_var * tf.eye(2)
        self.history = deque(maxlen=50)
        self.skipped = 0

    def predict(self, s: Gaussian) -> Gaussian:
        mean = tf.linalg.matvec(self.F, s.mean)
        cov = self.F @ s.cov @ tf.transpose(self.F) + self.Q
        return Gaussian(mean, cov)

    def innovation(self, s: Gaussian, z: tf.Tensor):
        y = z - tf.linalg.matvec(self.H, s.mean)
        S = self.H @ s.cov @ tf.transpose(self.H) + self.R
        return y, S

    def update(self, s: Gaussian, z: tf.Tensor) -> Gaussian:
        y, S = self.innovation(s, z)
        K = tf.transpose(tf.linalg.solve(S, self.H @ s.cov))
        mean = s.mean + tf.linalg.matvec(K, y)
        I_KH = tf.eye(4) - K @ self.H
        # Joseph form
        cov = I_KH @ s.cov @ tf.transpose(I_KH) + K @ self.R @ tf.transpose(K)
        return Gaussian(mean, cov)

    def mahalanobis(self, s: Gaussian, z: tf.Tensor) -> tf.Tensor:
        y, S = self.innovation(s, z)
        return tf.tensordot(y, tf.linalg.solve(S, y[:, None])[:, 0], 1)

    def step(self, s: Gaussian, z: Optional[tf.Tensor], gate: float = 25.0) -> Gaussian:
        s = self.predict(s)
        if z is None or self.mahalanobis(s, z) > gate:
            self.skipped += 1
        else:
            s = self.update(s, z)
        self.history.append(s)
        return s

    def log_likelihood(self, s: Gaussian, z: tf.Tensor) -> tf.Tensor:
        y, S = self.innovation(s, z)
        return -0.5 * (self.mahalanobis(s, z) + tf.linalg.logdet(S) + 2 * tf.math.log(6.2831855))


def rts_smoother(kf, filtered):
    out = [filtered[-1]]
    for s in reversed(filtered[:-1]):
        p = kf.predict(s)
        G = tf.transpose(tf.linalg.solve(p.cov, kf.F @ s.cov))
        nxt = out[0]
        mean = s.mean + tf.linalg.matvec(G, nxt.mean - p.mean)
        cov = s.cov + G @ (nxt.cov - p.cov) @ tf.transpose(G)
        out.insert(0, Gaussian(mean, cov))
    return out


def simulate(n, seed, noise=0.5):
    vel = tf.constant([0.7, -0.3])
    t = tf.range(n, dtype=tf.float32)[:, None]
    truth = t * vel
    return truth, truth + noise * tf.random.stateless_normal([n, 2], [seed, 0])


@tf.function
def batch_filter(F, H, Q, R, mean, cov, zs):
    """The whole filter as one scan."""
    def body(carry, z):
        m, P = carry
        m = tf.linalg.matvec(F, m)
        P = F @ P @ tf.transpose(F) + Q
        S = H @ P @ tf.transpose(H) + R
        K = tf.transpose(tf.linalg.solve(S, H @ P))
        m = m + tf.linalg.matvec(K, z - tf.linalg.matvec(H, m))
        P = (tf.eye(4) - K @ H) @ P
        return m, P
    return tf.scan(body, zs, initializer=(mean, cov))


def rmse(track, truth):
    est = tf.stack([s.mean[:2] for s in track])
    return tf.sqrt(tf.reduce_mean(tf.reduce_sum((est - truth) ** 2, -1))).numpy()


def main():
    for seed, n in ((0, 6), (1, 6), (2, 8)):
        kf = KalmanFilter(obs_var=0.25)
        truth, zs = simulate(n, seed)
        s = Gaussian(tf.zeros([4]), 10.0 * tf.eye(4))
        ll = 0.0
        track = []
        for i in range(n):
            z = zs[i] if i != 3 else None
            if i == 4 and seed == 1:
                z = z + 100.0
            if z is not None:
                ll += kf.log_likelihood(kf.predict(s), z)
            s = kf.step(s, z)
            track.append(s)
        smooth = rts_smoother(kf, track)
        print('rmse', rmse(track, truth).round(4), rmse(smooth, truth).round(4), 'skipped', kf.skipped, 'll', ll.numpy().round(2))
        means, _ = batch_filter(kf.F, kf.H, kf.Q, kf.R, tf.zeros([4]), 10.0 * tf.eye(4), zs)
        print('scan', means.numpy()[-1].round(4), len(kf.history))


if __name__ == '__main__':
    main()
