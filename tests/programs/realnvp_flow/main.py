"""RealNVP on two moons: coupling layers as bijectors with forward, inverse and log-determinant."""
from typing import List, Tuple

import numpy as np
import tensorflow as tf


class Bijector(tf.Module):
    def forward(self, z: tf.Tensor) -> Tuple[tf.Tensor, tf.Tensor]:
        raise NotImplementedError

    def inverse(self, x: tf.Tensor) -> Tuple[tf.Tensor, tf.Tensor]:
        raise NotImplementedError


class ActNorm(Bijector):
    """Initialised from the first batch it sees."""

    def __init__(self, dim: int):
        super().__init__()
        self.log_scale = tf.Variable(tf.zeros([dim]))
        self.shift = tf.Variable(tf.zeros([dim]))
        self.initialized = False

    def _data_init(self, x):
        mean, var = tf.nn.moments(x, axes=[0])
        self.shift.assign(-mean)
        self.log_scale.assign(-0.5 * tf.math.log(var + 1e-6))
        self.initialized = True

    def inverse(self, x):
        if not self.initialized:
            self._data_init(x)
        z = (x + self.shift) * tf.exp(self.log_scale)
        return z, tf.fill([tf.shape(x)[0]], tf.reduce_sum(self.log_scale))

    def forward(self, z):
        x = z * tf.exp(-self.log_scale) - self.shift
        return x, tf.fill([tf.shape(z)[0]], -tf.reduce_sum(self.log_scale))


class Coupling(Bijector):
    def __init__(self, flip: bool, width: int, seed: int):
        super().__init__()
        self.flip = flip
        self.w1 = tf.Variable(0.5 * tf.random.stateless_normal([1, width], [seed, 0]))
        self.b1 = tf.Variable(tf.zeros([width]))
        self.w2 = tf.Variable(0.1 * tf.random.stateless_normal([width, 2], [seed, 1]))

    def _params(self, a):
        h = tf.nn.tanh(a @ self.w1 + self.b1) @ self.w2
        s, t = tf.split(h, 2, axis=-1)
        return tf.tanh(s), t

    def _split(self, x):
        a, b = x[:, :1], x[:, 1:]
        return (b, a) if self.flip else (a, b)

    def _join(self, a, b):
        return tf.concat([b, a] if self.flip else [a, b], axis=-1)

    def forward(self, z):
        a, b = self._split(z)
        s, t = self._params(a)
        return self._join(a, b * tf.exp(s) + t), tf.squeeze(s, -1)

    def inverse(self, x):
        a, b = self._split(x)
        s, t = self._params(a)
        return self._join(a, (b - t) * tf.exp(-s)), -tf.squeeze(s, -1)


class Flow(tf.Module):
    def __init__(self, layers: List[Bijector]):
        super().__init__()
        self.layers = layers

    def inverse(self, x):
        total = tf.zeros([tf.shape(x)[0]])
        for layer in reversed(self.layers):
            x, ld = layer.inverse(x)
            total += ld
        return x, total

    def forward(self, z):
        total = tf.zeros([z.shape[0]])
        for layer in self.layers:
            z, ld = layer.forward(z)
            total += ld
        return z, total

    def log_prob(self, x):
        z, ld = self.inverse(x)
        base = -0.5 * tf.reduce_sum(z ** 2, -1) - np.log(2 * np.pi)
        return base + ld

    def sample(self, n, seed):
        return self.forward(tf.random.stateless_normal([n, 2], [seed, 0]))[0]


def make_flow(depth, width=8):
    layers: List[Bijector] = []
    for i in range(depth):
        layers += [Coupling(bool(i % 2), width, i), ActNorm(2)]
    return Flow(layers)


def nll_step(flow, opt, x):
    with tf.GradientTape() as tape:
        loss = -tf.reduce_mean(flow.log_prob(x))
    opt.apply_gradients(zip(tape.gradient(loss, flow.trainable_variables), flow.trainable_variables))
    return loss


def bits_per_dim(nll: tf.Tensor, dims: int) -> float:
    return (nll / (dims * np.log(2.0))).numpy()


def moons(n, seed):
    rng = np.random.default_rng(seed)
    t = rng.uniform(0, np.pi, n)
    k = rng.integers(0, 2, n)
    pts = np.stack([np.where(k, 1 - np.cos(t), np.cos(t)), np.where(k, 0.5 - np.sin(t), np.sin(t))], 1)
    return tf.constant(pts + 0.05 * rng.normal(size=pts.shape), tf.float32)


def main():
    flow = make_flow(2)
    opt = tf.keras.optimizers.Adam(5e-3)
    for i in range(5):
        loss = nll_step(flow, opt, moons(16, i))
        print("nll", loss.numpy().round(4), "bpd", round(float(bits_per_dim(loss, 2)), 4))
    for seed, n in enumerate((3, 5, 3)):
        x = flow.sample(n, seed)
        z, _ = flow.inverse(x)
        back, _ = flow.forward(z)
        print(n, bool(tf.reduce_all(tf.abs(back - x) < 1e-4)), flow.log_prob(x).numpy().round(3)[:2])


if __name__ == "__main__":
    main()
