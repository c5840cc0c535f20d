"""Old research script. Somebody read that tf.function makes things fast."""
import time

import numpy as np
import tensorflow as tf
from tensorflow import function as graph

np.random.seed(0)
LEARNING_RATE = 0.1
history = []
n_traced = 0


@tf.function
def make_batch(n):
    x = np.random.randn(n, 4).astype(np.float32)
    return tf.constant(x)


@tf.function
def true_fn(x):
    return tf.reduce_sum(x * tf.constant([1.0, -2.0, 0.5, 0.0]), axis=1, keepdims=True)


class Net:
    def __init__(self):
        self.w = tf.Variable(tf.random.stateless_normal([4, 1], [0, 0]))
        self.steps = 0
        self.dropout = 0.0

    @tf.function
    def forward(self, x):
        self.steps += 1
        h = tf.matmul(x, self.w)
        if self.dropout > 0:
            h = h * (1 - self.dropout)
        return h

    def decay(self):
        self.dropout += 0.1


net = Net()


@graph
def loss_fn(x, y):
    return tf.reduce_mean(tf.square(net.forward(x) - y))


@tf.function(reduce_retracing=True)
def step(x, y, it):
    global n_traced
    n_traced += 1
    with tf.GradientTape() as tape:
        loss = loss_fn(x, y)
    g = tape.gradient(loss, net.w)
    net.w.assign_sub(LEARNING_RATE * g)
    print("iteration", it)
    return loss


@tf.function
def scale(x, factor):
    return x * factor


@tf.function(autograph=False)
def add(a, b):
    return a + b


fast_norm = tf.function(lambda v: tf.sqrt(tf.reduce_sum(v * v)))


@tf.function
def clip(v, limit=1.0):
    n = fast_norm(v)
    if n > limit:
        v = v / n * limit
    return v


def timed(fn, *args):
    t = time.perf_counter()
    out = fn(*args)
    return out, time.perf_counter() - t > 0


def train(n_steps):
    global LEARNING_RATE
    for it in range(n_steps):
        x = make_batch(8)
        y = true_fn(x)
        loss = step(x, y, it)
        history.append(float(loss))
        LEARNING_RATE *= 0.5
        net.decay()
    return history[-n_steps:]


def evaluate(xs):
    out = []
    for i, x in enumerate(xs):
        wrapped = tf.function(lambda t: tf.reduce_mean(net.forward(t)))
        out.append(round(float(wrapped(x)), 4))
    return out


def main():
    history.clear()
    print([round(v, 4) for v in train(4)], "n_traced", n_traced, "net.steps", net.steps)
    xs = [tf.random.stateless_normal([4, 4], [s, 1]) for s in range(3)]
    print(evaluate(xs))
    for k, x in enumerate(xs):
        print(scale(x, k).numpy().sum().round(4), scale(x, 0.5 + k).numpy().sum().round(4))
        (total, ok) = timed(add, x, x)
        print(total.numpy().sum().round(4), ok, clip(x[0]).numpy().round(4), clip(x[0], float(k)).numpy().round(4))


if __name__ == "__main__":
    main()
