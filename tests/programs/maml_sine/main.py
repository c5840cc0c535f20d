"""Model-agnostic meta-learning on sine waves; first and second order, and Reptile."""
import collections

import numpy as np
import tensorflow as tf

Task = collections.namedtuple('Task', ['amplitude', 'phase'])


class SineTasks:
    def __init__(self, seed):
        self.rng = np.random.RandomState(seed)

    def sample(self):
        return Task(self.rng.uniform(0.1, 5.0), self.rng.uniform(0, np.pi))

    def data(self, task, k):
        x = self.rng.uniform(-5, 5, size=(k, 1)).astype(np.float32)
        y = (task.amplitude * np.sin(x + task.phase)).astype(np.float32)
        return tf.constant(x), tf.constant(y)


def init_params(sizes, seed):
    params = []
    for i, (m, n) in enumerate(zip(sizes[:-1], sizes[1:])):
        params.append(tf.Variable(tf.random.stateless_normal([m, n], [seed, i]) * (2.0 / m) ** 0.5))
        params.append(tf.Variable(tf.zeros([n])))
    return params


def net(params, x):
    n = len(params) // 2
    for i in range(n):
        x = tf.matmul(x, params[2 * i]) + params[2 * i + 1]
        if i < n - 1:
            x = tf.nn.relu(x)
    return x


def mse(params, x, y):
    return tf.reduce_mean(tf.square(net(params, x) - y))


def inner_loop(params, x, y, lr, steps, second_order=True):
    fast = list(params)
    for _ in range(steps):
        with tf.GradientTape() as tape:
            tape.watch(fast)
            loss = mse(fast, x, y)
        grads = tape.gradient(loss, fast)
        if not second_order:
            grads = [tf.stop_gradient(g) for g in grads]
        fast = [p - lr * g for p, g in zip(fast, grads)]
    return fast


def meta_step(params, opt, batch, lr, steps, second_order):
    with tf.GradientTape() as outer:
        losses = []
        for (xs, ys), (xq, yq) in batch:
            fast = inner_loop(params, xs, ys, lr, steps, second_order)
            losses.append(mse(fast, xq, yq))
        meta_loss = tf.add_n(losses) / len(losses)
    opt.apply_gradients(zip(outer.gradient(meta_loss, params), params))
    return meta_loss


def reptile_step(params, x, y, lr, steps, epsilon):
    before = [tf.identity(p) for p in params]
    fast = inner_loop(params, x, y, lr, steps, False)
    for p, b, f in zip(params, before, fast):
        p.assign(b + epsilon * (f - b))
    return mse(params, x, y)


def adaptation_curve(params, x, y, lr, n):
    curve = [mse(params, x, y).numpy()]
    for k in range(1, n + 1):
        curve.append(mse(inner_loop(params, x, y, lr, k), x, y).numpy())
    return np.array(curve)


def cosine_of(a, b):
    dot = sum(tf.reduce_sum(x * y) for x, y in zip(a, b))
    return float(dot / (tf.linalg.global_norm(a) * tf.linalg.global_norm(b)))


def main():
    tasks = SineTasks(0)
    params = init_params([1, 8, 1], 3)
    opt = tf.keras.optimizers.Adam(1e-2)
    for it in range(4):
        batch = []
        for _ in range(2):
            t = tasks.sample()
            batch.append((tasks.data(t, 5), tasks.data(t, 5)))
        second = it % 2 == 0
        loss = meta_step(params, opt, batch, 0.01, 1 + it // 2, second)
        print('meta', it, loss.numpy().round(4), 'second order' if second else 'first order')
    for it in range(3):
        x, y = tasks.data(tasks.sample(), 6)
        print('reptile', reptile_step(params, x, y, 0.02, 2, 0.5).numpy().round(4))
        print('curve', adaptation_curve(params, x, y, 0.01, 2).round(3))
        with tf.GradientTape(persistent=True) as tape:
            a, b = mse(params, x[:3], y[:3]), mse(params, x[3:], y[3:])
        print('cos', round(cosine_of(tape.gradient(a, params), tape.gradient(b, params)), 4))


if __name__ == '__main__':
    main()
