"""Magnitude pruning, lottery tickets and post-training quantisation on a small dense net."""
import copy
from collections import OrderedDict

import numpy as np
import tensorflow as tf


class Dense(tf.Module):
    def __init__(self, i, o, seed):
        super().__init__()
        self.kernel = tf.Variable(tf.random.stateless_normal([i, o], [seed, 0]) * (2.0 / i) ** 0.5)
        self.bias = tf.Variable(tf.zeros([o]))
        self.mask = tf.Variable(tf.ones([i, o]), trainable=False)

    def __call__(self, x):
        return x @ (self.kernel * self.mask) + self.bias


class Net(tf.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = [Dense(i, o, k) for k, (i, o) in enumerate(zip(sizes, sizes[1:]))]

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = tf.nn.relu(layer(x))
        return self.layers[-1](x)

    def sparsity(self):
        zeros = sum(float(tf.reduce_sum(1.0 - l.mask)) for l in self.layers)
        total = sum(np.prod(l.mask.shape) for l in self.layers)
        return zeros / total


def polynomial_sparsity(step, begin, end, final):
    if step < begin:
        return 0.0
    p = min(1.0, (step - begin) / (end - begin))
    return final * (1 - (1 - p) ** 3)


def magnitude_mask(weight, sparsity):
    flat = tf.sort(tf.reshape(tf.abs(weight), [-1]))
    k = int(sparsity * flat.shape[0])
    if k == 0:
        return tf.ones_like(weight)
    return tf.cast(tf.abs(weight) > flat[k - 1], weight.dtype)


def global_masks(weights, sparsity):
    flat = tf.concat([tf.reshape(tf.abs(w), [-1]) for w in weights], 0)
    n = tf.cast(tf.shape(flat)[0], tf.float32)
    k = tf.cast(sparsity * n, tf.int32)
    threshold = tf.sort(flat)[k]
    return [tf.cast(tf.abs(w) >= threshold, w.dtype) for w in weights]


def prune(net, sparsity):
    for layer in net.layers:
        layer.mask.assign(magnitude_mask(layer.kernel, sparsity))


@tf.function
def train_step(net, x, y, lr):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, net(x)))
    for v, g in zip(net.trainable_variables, tape.gradient(loss, net.trainable_variables)):
        v.assign_sub(lr * g)
    return loss


def fake_quant(x, bits=8):
    lo, hi = tf.minimum(tf.reduce_min(x), 0.0), tf.maximum(tf.reduce_max(x), 0.0)
    scale = (hi - lo) / (2 ** bits - 1)
    zero = tf.round(-lo / scale)
    q = tf.clip_by_value(tf.round(x / scale) + zero, 0, 2 ** bits - 1)
    return (q - zero) * scale


@tf.custom_gradient
def ste_sign(x):
    def grad(dy):
        return dy * tf.cast(tf.abs(x) <= 1.0, dy.dtype)

    return tf.sign(x), grad


def binary_dense(x, w):
    scale = tf.reduce_mean(tf.abs(w), axis=0)
    return tf.matmul(ste_sign(x), ste_sign(w)) * scale


class Calibrator:
    def __init__(self, momentum=0.9):
        self.ranges = OrderedDict()
        self.momentum = momentum

    def observe(self, name, x):
        lo, hi = float(tf.reduce_min(x)), float(tf.reduce_max(x))
        if name in self.ranges:
            plo, phi = self.ranges[name]
            lo, hi = self.momentum * plo + (1 - self.momentum) * lo, self.momentum * phi + (1 - self.momentum) * hi
        self.ranges[name] = (lo, hi)
        return x

    def forward(self, net, x):
        for i, layer in enumerate(net.layers):
            x = self.observe("layer%d" % i, layer(x))
            x = tf.nn.relu(x)
        return x


def quantize_int8(w):
    scale = np.abs(w.numpy()).max() / 127.0
    return np.round(w.numpy() / scale).astype(np.int8), scale


def int8_matmul(x, wq, scale):
    return tf.cast(tf.matmul(x, tf.cast(wq, tf.float32)), tf.float32) * scale


def count_ops(net, x):
    total = 0
    for layer in net.layers:
        total += 2 * x.shape[0] * int(tf.math.count_nonzero(layer.mask))
    return total


def data(seed, n=16):
    x = tf.random.stateless_normal([n, 6], [seed, 8])
    return x, tf.cast(x[:, 0] * x[:, 1] > 0, tf.int32)


def main():
    net = Net([6, 10, 2])
    ticket = [copy.deepcopy(l.kernel.numpy()) for l in net.layers]
    for step in range(6):
        s = polynomial_sparsity(step, 1, 5, 0.6)
        prune(net, s)
        loss = train_step(net, *data(step), tf.constant(0.1))
        print("step", step, "loss", loss.numpy().round(4), "sparsity", round(net.sparsity(), 3), count_ops(net, data(step)[0]))
    for layer, w in zip(net.layers, ticket):
        layer.kernel.assign(w)
    cal = Calibrator()
    for seed in range(3):
        x, y = data(seed)
        cal.forward(net, x)
        w = net.layers[0].kernel
        wq, scale = quantize_int8(w)
        err = tf.reduce_max(tf.abs(int8_matmul(x, wq, scale) - x @ w))
        fq = tf.reduce_mean(tf.abs(fake_quant(w, 4 + 2 * seed) - w))
        with tf.GradientTape() as tape:
            tape.watch(x)
            b = tf.reduce_sum(binary_dense(x, w))
        print(err.numpy().round(3), fq.numpy().round(4), tf.norm(tape.gradient(b, x)).numpy().round(3))
        print([int(tf.reduce_sum(m)) for m in global_masks([l.kernel for l in net.layers], 0.2 * seed)])
    print({k: (round(a, 2), round(b, 2)) for k, (a, b) in cal.ranges.items()})


if __name__ == "__main__":
    main()
