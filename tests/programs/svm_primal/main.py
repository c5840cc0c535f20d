"""Linear classifiers by (sub)gradient descent, with early stopping; library style."""
from __future__ import annotations

import enum
import warnings
from dataclasses import dataclass
from typing import Optional

import numpy as np
import tensorflow as tf


class Loss(enum.Enum):
    HINGE = "hinge"
    LOGISTIC = "logistic"
    SQUARED_HINGE = "squared_hinge"


class ConvergenceWarning(UserWarning):
    pass


class NotFittedError(ValueError):
    pass


@dataclass
class FitResult:
    n_iter: int
    loss: float
    converged: bool


def hinge(margin: tf.Tensor) -> tf.Tensor:
    return tf.nn.relu(1.0 - margin)


def logistic(margin: tf.Tensor) -> tf.Tensor:
    return tf.nn.softplus(-margin)


def squared_hinge(margin: tf.Tensor) -> tf.Tensor:
    return tf.square(tf.nn.relu(1.0 - margin))


LOSSES = {Loss.HINGE: hinge, Loss.LOGISTIC: logistic, Loss.SQUARED_HINGE: squared_hinge}


def add_intercept(x: tf.Tensor) -> tf.Tensor:
    return tf.concat([x, tf.ones([tf.shape(x)[0], 1], x.dtype)], axis=1)


class LinearModel:
    def __init__(self, loss: Loss = Loss.HINGE, reg: float = 1e-2, lr: float = 0.2, max_iter: int = 15,
                 tol: float = 1e-3, warm_start: bool = False):
        self.loss, self.reg, self.lr = loss, reg, lr
        self.max_iter, self.tol, self.warm_start = max_iter, tol, warm_start
        self.coef_: Optional[tf.Variable] = None
        self.result_: Optional[FitResult] = None

    def objective(self, w: tf.Tensor, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        margin = y * tf.linalg.matvec(x, w)
        return tf.reduce_mean(LOSSES[self.loss](margin)) + 0.5 * self.reg * tf.reduce_sum(w[:-1] ** 2)

    def _init_coef(self, d: int) -> None:
        if self.coef_ is None or not self.warm_start:
            self.coef_ = tf.Variable(tf.zeros([d]))

    def _gradient(self, x: tf.Tensor, y: tf.Tensor):
        with tf.GradientTape() as tape:
            value = self.objective(self.coef_, x, y)
        return value, tape.gradient(value, self.coef_)

    def fit(self, x: np.ndarray, y: np.ndarray) -> "LinearModel":
        xb = add_intercept(tf.convert_to_tensor(x, tf.float32))
        yt = tf.convert_to_tensor(np.where(y > 0, 1.0, -1.0), tf.float32)
        self._init_coef(xb.shape[1])
        previous, converged = np.inf, False
        for it in range(1, self.max_iter + 1):
            value, grad = self._gradient(xb, yt)
            self.coef_.assign_sub(self.lr / np.sqrt(it) * grad)
            if abs(previous - float(value)) < self.tol:
                converged = True
                break
            previous = float(value)
        if not converged:
            warnings.warn("did not converge", ConvergenceWarning, stacklevel=2)
        self.result_ = FitResult(it, round(float(value), 5), converged)
        return self

    def decision_function(self, x: np.ndarray) -> tf.Tensor:
        if self.coef_ is None:
            raise NotFittedError("fit must be called before decision_function")
        return tf.linalg.matvec(add_intercept(tf.convert_to_tensor(x, tf.float32)), self.coef_)

    def predict(self, x: np.ndarray) -> np.ndarray:
        return (self.decision_function(x) > 0).numpy().astype(int)

    def score(self, x: np.ndarray, y: np.ndarray) -> float:
        return float(np.mean(self.predict(x) == (y > 0)))


class PlattScaled(LinearModel):
    """Adds calibrated probabilities."""

    def fit(self, x, y):
        super().fit(x, y)
        f = self.decision_function(x)
        t = tf.constant((y > 0).astype("float32"))
        a, b = tf.Variable(1.0), tf.Variable(0.0)
        for _ in range(5):
            with tf.GradientTape() as tape:
                nll = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(t, a * f + b))
            ga, gb = tape.gradient(nll, [a, b])
            a.assign_sub(ga)
            b.assign_sub(gb)
        self.platt_ = (a, b)
        return self

    def predict_proba(self, x):
        a, b = self.platt_
        return tf.sigmoid(a * self.decision_function(x) + b)


def pegasos(x: tf.Tensor, y: tf.Tensor, lam: float, steps: int, seed: int) -> tf.Tensor:
    w = tf.zeros([x.shape[1]])
    order = np.random.RandomState(seed).randint(0, x.shape[0], steps)
    for t, i in enumerate(order, start=1):
        eta = 1.0 / (lam * t)
        w_next = (1 - eta * lam) * w
        if y[i] * tf.tensordot(w, x[i], 1) < 1:
            w_next += eta * y[i] * x[i]
        w = w_next
    return w


@tf.function(input_signature=(tf.TensorSpec((None, None)), tf.TensorSpec((None, None)), tf.TensorSpec(())))
def rbf_gram(a: tf.Tensor, b: tf.Tensor, gamma: tf.Tensor) -> tf.Tensor:
    d = tf.reduce_sum(tf.math.squared_difference(a[:, None, :], b[None, :, :]), -1)
    return tf.exp(-gamma * d)


def kernel_perceptron(x: tf.Tensor, y: tf.Tensor, epochs: int, gamma: float) -> tf.Tensor:
    k = rbf_gram(x, x, tf.constant(gamma))
    alpha = tf.Variable(tf.zeros([x.shape[0]]))
    for _ in range(epochs):
        for i in range(x.shape[0]):
            if tf.reduce_sum(alpha * y * k[:, i]) * y[i] <= 0:
                alpha[i].assign(alpha[i] + 1.0)
    return alpha.read_value()


def blobs(n: int, seed: int, gap: float):
    rng = np.random.RandomState(seed)
    y = rng.randint(0, 2, n)
    return rng.randn(n, 2) + gap * np.where(y[:, None] > 0, 1, -1), y


def main() -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)
    for seed, loss in enumerate(Loss):
        x, y = blobs(20, seed, 1.0 + seed)
        for cls in (LinearModel, PlattScaled):
            m = cls(loss, warm_start=True).fit(x, y)
            print(loss.value, cls.__name__, m.result_, m.score(x, y))
        print("  proba", m.predict_proba(x[:3]).numpy().round(3))
        xt, yt = tf.constant(x, tf.float32), tf.constant(np.where(y > 0, 1.0, -1.0), tf.float32)
        print("  pegasos", pegasos(xt, yt, 0.1, 10, seed).numpy().round(3),
              "perceptron", kernel_perceptron(xt[:8], yt[:8], 1, 0.5).numpy().sum())
    try:
        LinearModel().predict(x)
    except NotFittedError as e:
        print("error:", e)


if __name__ == "__main__":
    main()
