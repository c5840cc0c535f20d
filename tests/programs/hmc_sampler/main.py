"""Hamiltonian Monte Carlo, written out: banana and Gaussian targets."""
import math
from typing import Callable, NamedTuple

import tensorflow as tf

LogProb = Callable[[tf.Tensor], tf.Tensor]


class State(NamedTuple):
    position: tf.Tensor
    log_prob: tf.Tensor
    grad: tf.Tensor


def banana(x: tf.Tensor) -> tf.Tensor:
    a, b = x[..., 0], x[..., 1]
    return -0.5 * (a ** 2 / 4.0 + (b - 0.5 * a ** 2 + 2.0) ** 2)


class Gaussian:
    def __init__(self, mean, cov):
        self.mean = tf.constant(mean, tf.float32)
        self.chol = tf.linalg.cholesky(tf.constant(cov, tf.float32))
        self._calls = 0

    def __call__(self, x):
        self._calls += 1
        z = tf.linalg.triangular_solve(self.chol, tf.transpose(x - self.mean))
        logdet = tf.reduce_sum(tf.math.log(tf.linalg.diag_part(self.chol)))
        return -0.5 * tf.reduce_sum(z ** 2, axis=0) - logdet - math.log(2 * math.pi)


def value_and_grad(log_prob: LogProb, x: tf.Tensor) -> State:
    with tf.GradientTape() as tape:
        tape.watch(x)
        lp = log_prob(x)
    return State(x, lp, tape.gradient(lp, x))


def leapfrog(log_prob: LogProb, state: State, momentum: tf.Tensor, step_size: float, n_steps: int):
    for _ in range(n_steps):
        momentum = momentum + 0.5 * step_size * state.grad
        state = value_and_grad(log_prob, state.position + step_size * momentum)
        momentum = momentum + 0.5 * step_size * state.grad
    return state, momentum


def hmc_step(log_prob, state, step_size, n_steps, seed):
    s1, s2 = tf.unstack(tf.random.experimental.stateless_split(seed, 2))
    p0 = tf.random.stateless_normal(tf.shape(state.position), s1)
    new, p1 = leapfrog(log_prob, state, p0, step_size, n_steps)
    kinetic0 = 0.5 * tf.reduce_sum(p0 ** 2, -1)
    kinetic1 = 0.5 * tf.reduce_sum(p1 ** 2, -1)
    log_accept = new.log_prob - kinetic1 - state.log_prob + kinetic0
    u = tf.random.stateless_uniform(tf.shape(log_accept), s2)
    accept = tf.math.log(u) < log_accept
    pos = tf.where(accept[:, None], new.position, state.position)
    lp = tf.where(accept, new.log_prob, state.log_prob)
    gr = tf.where(accept[:, None], new.grad, state.grad)
    return State(pos, lp, gr), tf.reduce_mean(tf.cast(accept, tf.float32))


class DualAveraging:
    """Step-size adaptation (Hoffman and Gelman)."""

    def __init__(self, step_size, target=0.8, gamma=0.05, t0=10, kappa=0.75):
        self.mu = math.log(10 * step_size)
        self.target, self.gamma, self.t0, self.kappa = target, gamma, t0, kappa
        self.log_eps_bar = 0.0
        self.h_bar = 0.0
        self.t = 0

    def update(self, accept_rate):
        self.t += 1
        eta = 1.0 / (self.t + self.t0)
        self.h_bar = (1 - eta) * self.h_bar + eta * (self.target - float(accept_rate))
        log_eps = self.mu - math.sqrt(self.t) / self.gamma * self.h_bar
        w = self.t ** -self.kappa
        self.log_eps_bar = w * log_eps + (1 - w) * self.log_eps_bar
        return math.exp(log_eps)


def effective_sample_size(chain: tf.Tensor) -> tf.Tensor:
    x = chain - tf.reduce_mean(chain, axis=0)
    var = tf.reduce_mean(x ** 2, axis=0)
    n = chain.shape[0]
    total = tf.ones_like(var)
    for lag in range(1, min(n // 2, 4)):
        rho = tf.reduce_mean(x[lag:] * x[:-lag], axis=0) / var
        total += 2 * rho
    return n / total


def run_chain(log_prob, init, num_samples, step_size=0.2, adapt=True, seed=0):
    state = value_and_grad(log_prob, init)
    adapter = DualAveraging(step_size)
    samples, rates = [], []
    for i in range(num_samples):
        state, rate = hmc_step(log_prob, state, step_size, 3, tf.constant([seed, i]))
        if adapt and i < num_samples // 2:
            step_size = min(adapter.update(rate), 1.0)
        samples.append(state.position)
        rates.append(rate.numpy())
    return tf.stack(samples), sum(rates) / len(rates)


def main():
    init = tf.random.stateless_normal([4, 2], [0, 1])
    target = Gaussian([1.0, -1.0], [[1.0, 0.3], [0.3, 0.5]])
    for seed, f in enumerate([banana, target, target]):
        samples, rate = run_chain(f, init, 6, seed=seed)
        print("mean", tf.reduce_mean(samples, axis=[0, 1]).numpy().round(3), "accept", round(float(rate), 3))
        print("ess", effective_sample_size(samples[:, 0]).numpy().round(2))
    print("density evaluations", target._calls)


if __name__ == "__main__":
    main()
