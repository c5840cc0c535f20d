"""Linear algebra by hand: power iteration, deflation, PCA, randomised SVD, QR eigenvalues."""
import numpy as np
import tensorflow as tf


def center(x):
    return x - tf.reduce_mean(x, axis=0, keepdims=True)


def covariance(x):
    xc = center(x)
    n = tf.cast(tf.shape(x)[0], x.dtype)
    return tf.matmul(xc, xc, transpose_a=True) / (n - 1.0)


def power_iteration(a, iters=20):
    v = tf.ones([a.shape[0], 1], a.dtype) / np.sqrt(a.shape[0])
    for _ in range(iters):
        w = a @ v
        v = w / tf.norm(w)
    eigenvalue = tf.squeeze(tf.transpose(v) @ a @ v)
    return eigenvalue, v[:, 0]


def power_iteration_until(a, tol):
    """Stops by itself; returns how many rounds it took."""
    v = tf.linalg.normalize(tf.ones([a.shape[0]], a.dtype))[0]
    lam_old, rounds = 0.0, 0
    while True:
        w = tf.linalg.matvec(a, v)
        lam = tf.tensordot(v, w, 1)
        v = w / tf.norm(w)
        rounds += 1
        if abs(lam - lam_old) < tol or rounds > 50:
            return lam, rounds
        lam_old = lam


def deflate(a, k):
    values, vectors = [], []
    for _ in range(k):
        lam, v = power_iteration(a)
        values.append(lam)
        vectors.append(v)
        a = a - lam * tf.tensordot(v, v, 0)
    return tf.stack(values), tf.stack(vectors, axis=1)


class PCA:
    def __init__(self, n_components, whiten=False):
        self.n_components = n_components
        self.whiten = whiten

    def fit(self, x):
        self.mean_ = tf.reduce_mean(x, axis=0)
        s, u, v = tf.linalg.svd(x - self.mean_)
        self.components_ = tf.transpose(v[:, : self.n_components])
        self.explained_variance_ = (s ** 2 / (x.shape[0] - 1))[: self.n_components]
        return self

    def transform(self, x):
        z = tf.matmul(x - self.mean_, self.components_, transpose_b=True)
        if self.whiten:
            z /= tf.sqrt(self.explained_variance_)
        return z

    def inverse_transform(self, z):
        if self.whiten:
            z = z * tf.sqrt(self.explained_variance_)
        return z @ self.components_ + self.mean_

    def reconstruction_error(self, x):
        return float(tf.reduce_mean(tf.square(x - self.inverse_transform(self.transform(x)))))


def randomized_range(a, k, q, seed):
    omega = tf.random.stateless_normal([a.shape[1], k], seed)
    y = a @ omega
    for _ in range(q):
        y, _ = tf.linalg.qr(y)
        y = a @ (tf.transpose(a) @ y)
    return tf.linalg.qr(y)[0]


def randomized_svd(a, k, q=1, seed=(0, 0)):
    basis = randomized_range(a, k, q, seed)
    s, u, v = tf.linalg.svd(tf.transpose(basis) @ a)
    return s, basis @ u, v


def gram_schmidt(a):
    q = []
    for j in range(a.shape[1]):
        v = a[:, j]
        for u in q:
            v = v - tf.tensordot(u, v, 1) * u
        q.append(v / tf.norm(v))
    return tf.stack(q, axis=1)


@tf.function(input_signature=[tf.TensorSpec([None, None], tf.float32), tf.TensorSpec([], tf.int32)])
def qr_eigenvalues(a, iters):
    for _ in tf.range(iters):
        q, r = tf.linalg.qr(a)
        a = r @ q
    return tf.linalg.diag_part(a)


def rank_of(a, tol=1e-5):
    s = tf.linalg.svd(a, compute_uv=False)
    return int(tf.reduce_sum(tf.cast(s > tol, tf.int32)))


def main():
    rng = np.random.default_rng(0)
    for n in (8, 10, 12):
        x = tf.constant(rng.normal(size=(n, 4)) @ np.diag([3, 2, 1, 0.1]), tf.float32)
        cov = covariance(x)
        print("power", power_iteration(cov)[0].numpy().round(4), deflate(cov, 2)[0].numpy().round(4))
        lam, rounds = power_iteration_until(cov, 1e-4)
        print("until", lam.numpy().round(3), rounds <= 51)
        print("qr", np.sort(qr_eigenvalues(cov, 10).numpy()).round(3))
        for whiten in (False, True):
            p = PCA(2, whiten).fit(x)
            print("pca", p.explained_variance_.numpy().round(3), round(p.reconstruction_error(x), 4))
        s, u, v = randomized_svd(x, 3, seed=(n, 1))
        print("rsvd", s.numpy().round(3), rank_of(x[:, :3]), rank_of(tf.concat([x[:, :2], x[:, :2]], 1)))
        g = gram_schmidt(x[:, :3])
        print("orthogonal", bool(tf.reduce_all(tf.abs(tf.transpose(g) @ g - tf.eye(3)) < 1e-4)))


if __name__ == "__main__":
    main()
