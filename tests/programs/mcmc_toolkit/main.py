"""Samplers as closures, kernels and classes. Annotated; `tf.function` where it was thought to matter."""
from __future__ import annotations

import dataclasses
import functools
from typing import Callable, NamedTuple

import numpy as np
import tensorflow as tf

LogDensity = Callable[[tf.Tensor], tf.Tensor]


class Step(NamedTuple):
    state: tf.Tensor
    accepted: tf.Tensor


@dataclasses.dataclass
class Diagnostics:
    accepted: int = 0
    proposed: int = 0
    notes: list[str] = dataclasses.field(default_factory=list)

    def rate(self) -> float:
        return self.accepted / max(1, self.proposed)


@dataclasses.dataclass(frozen=True)
class Config:
    scale: float
    thin: int = 1


def banana(b: float = 0.1) -> LogDensity:
    @tf.function
    def log_density(x: tf.Tensor) -> tf.Tensor:
        y = x[1] + b * (x[0] ** 2 - 4.0)
        return -0.5 * (x[0] ** 2 / 4.0 + y ** 2)

    return log_density


@tf.function
def metropolis(log_density: LogDensity, state: tf.Tensor, config: Config, seed: tf.Tensor) -> Step:
    noise = tf.random.stateless_normal(tf.shape(state), seed)
    proposal = state + config.scale * noise
    u = tf.math.log(tf.random.stateless_uniform([], seed + 1))
    accept = u < log_density(proposal) - log_density(state)
    return Step(tf.where(accept, proposal, state), accept)


@tf.function
def langevin(state: tf.Tensor, gradient: Callable, epsilon: float, seed: tf.Tensor) -> tf.Tensor:
    noise = tf.random.stateless_normal(tf.shape(state), seed)
    return state + 0.5 * epsilon ** 2 * gradient(state) + epsilon * noise


def gradient_of(log_density: LogDensity) -> Callable[[tf.Tensor], tf.Tensor]:
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = log_density(x)
        return tape.gradient(value, x)

    return gradient


class Chain:
    def __init__(self, config: Config, diagnostics: Diagnostics) -> None:
        self.config = config
        self.diagnostics = diagnostics

    @tf.function
    def note(self, text: str) -> None:
        self.diagnostics.notes.append(text)

    @tf.function
    def count(self, accepted: bool) -> int:
        self.diagnostics.proposed += 1
        if accepted:
            self.diagnostics.accepted += 1
        return self.diagnostics.proposed

    def run(self, log_density: LogDensity, start: tf.Tensor, n: int) -> tf.Tensor:
        state, kept = start, []
        for i in range(n):
            state, accepted = metropolis(log_density, state, self.config, tf.constant([i, 3]))
            self.diagnostics.proposed += 1
            self.diagnostics.accepted += int(accepted)
            if i % self.config.thin == 0:
                kept.append(state)
        return tf.stack(kept)


@tf.function
def autocorrelation(x: tf.Tensor, lag: int) -> tf.Tensor:
    x = x - tf.reduce_mean(x, 0)
    return tf.reduce_mean(x[lag:] * x[: x.shape[0] - lag]) / tf.reduce_mean(x ** 2)


@tf.function
def effective_size(samples: np.ndarray, max_lag: int = 4) -> float:
    total = 1.0
    for lag in range(1, max_lag):
        rho = np.corrcoef(samples[lag:, 0], samples[:-lag, 0])[0, 1]
        if rho < 0:
            break
        total += 2 * rho
    return len(samples) / total


@tf.function
def ladder(n: int, ratio: float = 2.0) -> list[float]:
    return [ratio ** -k for k in range(n)]


def tempered(log_density: LogDensity, beta: float) -> LogDensity:
    return lambda x: beta * log_density(x)


def swap(states: list[tf.Tensor], betas: list[float], log_density: LogDensity, seed: int) -> list[tf.Tensor]:
    states = list(states)
    for i in range(len(states) - 1):
        gap = (betas[i] - betas[i + 1]) * (log_density(states[i + 1]) - log_density(states[i]))
        if tf.math.log(tf.random.stateless_uniform([], [seed, i])) < gap:
            states[i], states[i + 1] = states[i + 1], states[i]
    return states


def parallel(log_density: LogDensity, n: int, betas: list[float]) -> tf.Tensor:
    states = [tf.zeros([2]) + 0.1 * k for k in range(len(betas))]
    kept = []
    for i in range(n):
        moved = []
        for k, beta in enumerate(betas):
            density = tempered(log_density, beta)
            moved.append(metropolis(density, states[k], Config(1.0), tf.constant([i, k])).state)
        states = swap(moved, betas, log_density, i)
        kept.append(states[0])
    return tf.stack(kept)


@functools.lru_cache(maxsize=None)
def compiled_gradient(b: float) -> Callable[[tf.Tensor], tf.Tensor]:
    return tf.function(gradient_of(banana(b)))


def main() -> None:
    target = banana()
    for scale in (0.5, 1.0, 2.0):
        chain = Chain(Config(scale, 2), Diagnostics())
        samples = chain.run(target, tf.zeros([2]), 6)
        chain.note("scale %.1f" % scale)
        n = chain.count(True)
        print(scale, samples.numpy().round(2).tolist(), round(chain.diagnostics.rate(), 2), int(n), chain.diagnostics.notes)
        for lag in (1, 2):
            print(round(float(autocorrelation(samples, lag)), 3))
        try:
            print(round(float(effective_size(samples.numpy())), 2))
        except Exception as error:
            print(type(error).__name__)
    betas = [float(b) for b in ladder(3)]
    print(parallel(target, 3, betas).numpy().round(2).tolist())
    state = tf.ones([2])
    for k in range(3):
        state = langevin(state, compiled_gradient(0.1), 0.1 * (k + 1), tf.constant([k, 5]))
    print(state.numpy().round(3))


if __name__ == "__main__":
    main()
