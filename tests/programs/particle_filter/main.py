"""Bootstrap particle filter for a stochastic volatility model."""
import dataclasses

import numpy as np
import tensorflow as tf

tf.random.set_seed(99)


@dataclasses.dataclass
class SVParams:
    mu: float = -1.0
    phi: float = 0.95
    sigma: float = 0.3

    def stationary_std(self):
        return self.sigma / np.sqrt(1 - self.phi**2)


class StochasticVolatility:
    def __init__(self, params):
        self.p = params

    def initial(self, n, seed):
        return self.p.mu + self.p.stationary_std() * tf.random.stateless_normal([n], seed)

    def transition(self, h, seed):
        eps = tf.random.stateless_normal(tf.shape(h), seed)
        return self.p.mu + self.p.phi * (h - self.p.mu) + self.p.sigma * eps

    def log_obs(self, y, h):
        return -0.5 * (np.log(2 * np.pi) + h + tf.square(y) * tf.exp(-h))

    def simulate(self, steps, seed):
        h = self.initial(1, [seed, 0])
        ys = []
        for t in range(steps):
            ys.append(tf.exp(h / 2) * tf.random.stateless_normal([1], [seed, 100 + t]))
            h = self.transition(h, [seed, t + 1])
        return tf.concat(ys, 0)


def normalise(logw):
    lse = tf.reduce_logsumexp(logw)
    return tf.exp(logw - lse), lse


def ess(w):
    return 1.0 / tf.reduce_sum(tf.square(w))


def systematic_resample(w, seed):
    n = w.shape[0]
    u = (tf.range(n, dtype=w.dtype) + tf.random.stateless_uniform([], seed, dtype=w.dtype)) / n
    return tf.minimum(tf.searchsorted(tf.cumsum(w), u), n - 1)


def multinomial_resample(w, rng):
    return tf.constant(rng.choice(len(w), size=len(w), p=w.numpy() / w.numpy().sum()))


class ParticleFilter:
    def __init__(self, model, n, threshold=0.5):
        self.model, self.n, self.threshold = model, n, threshold
        self.resampled = 0
        self.loglik = 0.0

    def step(self, particles, logw, y, seed):
        particles = self.model.transition(particles, seed)
        logw = logw + self.model.log_obs(y, particles)
        w, lse = normalise(logw)
        self.loglik += lse
        if ess(w) < self.threshold * self.n:
            idx = systematic_resample(w, seed + 7)
            particles = tf.gather(particles, idx)
            logw = tf.fill([self.n], -tf.math.log(float(self.n)))
            self.resampled += 1
        else:
            logw = tf.math.log(w)
        return particles, logw

    def run(self, ys, seed):
        particles = self.model.initial(self.n, [seed, 0])
        logw = tf.fill([self.n], -tf.math.log(float(self.n)))
        means = []
        for t in range(ys.shape[0]):
            particles, logw = self.step(particles, logw, ys[t], tf.constant([seed, t]))
            means.append(tf.reduce_sum(tf.exp(logw) * particles))
        return tf.stack(means), self.loglik


def pmmh(ys, n_iter, n_particles, rng):
    """Particle marginal Metropolis-Hastings over phi, on the host."""
    phi, ll = 0.9, None
    accepted = 0
    chain = []
    for i in range(n_iter):
        prop = float(np.clip(phi + 0.05 * rng.standard_normal(), 0.1, 0.99))
        _, prop_ll = ParticleFilter(StochasticVolatility(SVParams(phi=prop)), n_particles).run(ys, i)
        if ll is None or np.log(rng.uniform()) < prop_ll - ll:
            phi, ll = prop, prop_ll
            accepted += 1
        chain.append(round(phi, 4))
    return chain, accepted


@tf.function
def quadratic_variation(ys, window):
    sq = tf.square(ys)
    kernel = tf.ones([window, 1, 1]) / tf.cast(window, tf.float32)
    return tf.nn.conv1d(sq[None, :, None], kernel, 1, 'VALID')[0, :, 0]


def main():
    model = StochasticVolatility(SVParams())
    for seed in range(3):
        ys = model.simulate(6, seed)
        pf = ParticleFilter(model, 16 + 8 * (seed == 2))
        means, ll = pf.run(ys, seed)
        print(means.numpy().round(3)[-3:], ll.numpy().round(3), "resampled", pf.resampled)
        print("  rv", quadratic_variation(ys, 2 + seed).numpy().round(3)[:2])
        w, _ = normalise(tf.random.stateless_normal([8], [seed, 4]))
        print("  ess", ess(w).numpy().round(3), multinomial_resample(w, np.random.default_rng(seed)).numpy()[:4])
    print(pmmh(ys, 3, 8, np.random.default_rng(0)))


if __name__ == "__main__":
    main()
