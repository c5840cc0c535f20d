"""Gaussian processes with composable kernels."""

from __future__ import annotations

import abc
import operator
from functools import reduce

import numpy as np
import tensorflow as tf

JITTER = 1e-5


def positive(value: float) -> tf.Variable:
    return tf.Variable(np.log(np.expm1(value)), dtype=tf.float64)


class Kernel(tf.Module, metaclass=abc.ABCMeta):
    @abc.abstractmethod
    def K(self, X, X2=None):
        ...

    def K_diag(self, X):
        return tf.linalg.diag_part(self.K(X))

    def __add__(self, other: "Kernel") -> "Kernel":
        return Sum([self, other])

    def __mul__(self, other: "Kernel") -> "Kernel":
        return Product([self, other])

    def __call__(self, X, X2=None, full=True):
        if not full:
            assert X2 is None
            return self.K_diag(X)
        return self.K(X, X2)


class Stationary(Kernel):
    def __init__(self, variance=1.0, lengthscale=1.0):
        super().__init__()
        self._variance = positive(variance)
        self._lengthscale = positive(lengthscale)

    @property
    def variance(self):
        return tf.nn.softplus(self._variance)

    @property
    def lengthscale(self):
        return tf.nn.softplus(self._lengthscale)

    def scaled_sq_dist(self, X, X2):
        X = X / self.lengthscale
        X2 = X if X2 is None else X2 / self.lengthscale
        xs = tf.reduce_sum(tf.square(X), axis=-1, keepdims=True)
        x2s = tf.reduce_sum(tf.square(X2), axis=-1, keepdims=True)
        return tf.maximum(xs + tf.linalg.adjoint(x2s) - 2 * tf.matmul(X, X2, transpose_b=True), 1e-36)

    def K_diag(self, X):
        return tf.fill(tf.shape(X)[:-1], tf.squeeze(self.variance))

    def K(self, X, X2=None):
        return self.variance * self.K_r2(self.scaled_sq_dist(X, X2))

    def K_r2(self, r2):
        raise NotImplementedError


class RBF(Stationary):
    def K_r2(self, r2):
        return tf.exp(-0.5 * r2)


class Matern32(Stationary):
    def K_r2(self, r2):
        r = tf.sqrt(r2)
        s = np.sqrt(3.0)
        return (1.0 + s * r) * tf.exp(-s * r)


class Linear(Kernel):
    def __init__(self, variance=1.0):
        super().__init__()
        self._variance = positive(variance)

    def K(self, X, X2=None):
        return tf.nn.softplus(self._variance) * tf.matmul(X, X if X2 is None else X2, transpose_b=True)


class Combination(Kernel):
    op = None

    def __init__(self, kernels):
        super().__init__()
        self.kernels = kernels

    def K(self, X, X2=None):
        return reduce(type(self).op, [k.K(X, X2) for k in self.kernels])


class Sum(Combination):
    op = operator.add


class Product(Combination):
    op = operator.mul


class GPR(tf.Module):
    def __init__(self, data, kernel, noise=0.1):
        super().__init__()
        self.X, self.Y = (tf.convert_to_tensor(d, tf.float64) for d in data)
        self.kernel = kernel
        self._noise = positive(noise)
        self.evaluations = 0

    @property
    def noise(self):
        return tf.nn.softplus(self._noise)

    def _cholesky(self):
        n = self.X.shape[0]
        K = self.kernel(self.X)
        return tf.linalg.cholesky(K + (self.noise + JITTER) * tf.eye(n, dtype=K.dtype))

    def log_marginal_likelihood(self):
        L = self._cholesky()
        alpha = tf.linalg.triangular_solve(L, self.Y)
        n = tf.cast(tf.shape(self.Y)[0], self.Y.dtype)
        return (-0.5 * tf.reduce_sum(tf.square(alpha)) - tf.reduce_sum(tf.math.log(tf.linalg.diag_part(L)))
                - 0.5 * n * np.log(2 * np.pi))

    def training_loss(self):
        self.evaluations += 1
        return -self.log_marginal_likelihood()

    def predict_f(self, Xnew, full_cov=False):
        L = self._cholesky()
        Kmn = self.kernel(self.X, Xnew)
        A = tf.linalg.triangular_solve(L, Kmn)
        mean = tf.matmul(A, tf.linalg.triangular_solve(L, self.Y), transpose_a=True)
        if full_cov:
            var = self.kernel(Xnew) - tf.matmul(A, A, transpose_a=True)
        else:
            var = self.kernel(Xnew, full=False) - tf.reduce_sum(tf.square(A), 0)
        return mean, var


def optimise(model, steps, lr=0.05, compile=False):
    opt = tf.keras.optimizers.Adam(lr)

    def step():
        with tf.GradientTape() as tape:
            loss = model.training_loss()
        opt.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        return loss

    if compile:
        step = tf.function(step)
    return [float(step()) for _ in range(steps)]


def expected_improvement(mean, var, best):
    sd = tf.sqrt(var)
    z = (best - mean[:, 0]) / sd
    pdf = tf.exp(-0.5 * z ** 2) / np.sqrt(2 * np.pi)
    cdf = 0.5 * (1 + tf.math.erf(z / np.sqrt(2.0)))
    return sd * (z * cdf + pdf)


def main():
    rng = np.random.default_rng(3)
    X = np.sort(rng.uniform(-2, 2, size=(10, 1)), 0)
    Y = np.sin(2 * X) + 0.05 * rng.normal(size=X.shape)
    grid = tf.constant(np.linspace(-2, 2, 5)[:, None])
    for kernel, compiled in ((RBF(), False), (Matern32(1.0, 0.5) + Linear(0.1), True), (RBF() * Matern32(), False)):
        m = GPR((X, Y), kernel)
        losses = optimise(m, 3, compile=compiled)
        mean, var = m.predict_f(grid)
        _, cov = m.predict_f(grid[:3], full_cov=True)
        print(type(kernel).__name__, np.round(losses, 3), "evaluations", m.evaluations)
        print("  ", mean.numpy()[:, 0].round(3), var.numpy().round(3), cov.shape)
        print("  EI", expected_improvement(mean, tf.maximum(var, 1e-9), float(Y.min())).numpy().round(4))


if __name__ == "__main__":
    main()
