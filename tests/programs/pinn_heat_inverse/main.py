"""Inverse heat problem: recover the diffusivity from samples, with nested tapes. Unannotated, mostly eager."""
import numpy as np
import tensorflow as tf

PI = tf.constant(np.pi, tf.float32)


def init(sizes, seed=0):
    weights = []
    for k, (m, n) in enumerate(zip(sizes[:-1], sizes[1:])):
        w = tf.Variable(tf.random.stateless_normal([m, n], [seed, k]) * (2.0 / (m + n)) ** 0.5)
        weights.append((w, tf.Variable(tf.zeros([n]))))
    return weights


def network(weights, t, x):
    h = tf.concat([t, x], 1)
    for w, b in weights[:-1]:
        h = tf.tanh(h @ w + b)
    w, b = weights[-1]
    return h @ w + b


def residual(weights, log_alpha, t, x):
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch([t, x])
            u = network(weights, t, x)
        u_t, u_x = inner.gradient(u, t), inner.gradient(u, x)
    u_xx = outer.gradient(u_x, x)
    return u_t - tf.exp(log_alpha) * u_xx


def exact(t, x, alpha=0.3):
    return tf.exp(-alpha * PI ** 2 * t) * tf.sin(PI * x)


def flatten(variables):
    return tf.concat([tf.reshape(v, [-1]) for v in variables], 0)


class Inverse:
    def __init__(self, seed):
        self.weights = init([2, 6, 6, 1], seed)
        self.log_alpha = tf.Variable(-2.0)
        self.opt = tf.keras.optimizers.Adam(0.01)
        self.history = []
        self.step_number = 0
        self.fit_graph = tf.function(self.fit_step)

    @property
    def variables(self):
        return [v for pair in self.weights for v in pair] + [self.log_alpha]

    def losses(self, data, points):
        t, x, u = data
        misfit = tf.reduce_mean((network(self.weights, t, x) - u) ** 2)
        physics = tf.reduce_mean(residual(self.weights, self.log_alpha, *points) ** 2)
        return misfit, physics

    def fit_step(self, data, points, weight):
        with tf.GradientTape() as tape:
            misfit, physics = self.losses(data, points)
            loss = misfit + weight * physics
        grads = tape.gradient(loss, self.variables)
        self.opt.apply_gradients(zip(grads, self.variables))
        return loss, misfit, physics

    def fit(self, sampler, steps):
        for k in range(steps):
            data, points = sampler(k)
            loss, *_ = self.fit_graph(data, points, tf.constant(0.1 * (k + 1)))
            self.note(loss)
        return self.history

    def note(self, loss):
        self.step_number += 1
        self.history.append((self.step_number, round(float(loss), 4)))

    def gradient_norms(self, data, points):
        norms = {}
        for name, pick in [("misfit", 0), ("physics", 1)]:
            with tf.GradientTape() as tape:
                value = self.losses(data, points)[pick]
            gs = tape.gradient(value, self.variables)
            norms[name] = tf.norm(flatten([g for g in gs if g is not None]))
        return norms

    def balance(self, data, points, limits=(0.1, 10.0)):
        norms = self.gradient_norms(data, points)
        ratio = norms["misfit"] / norms["physics"]
        if ratio < limits[0]:
            return tf.constant(limits[0])
        if ratio > limits[1]:
            return tf.constant(limits[1])
        return ratio


def halton(n, base):
    points = []
    for i in range(1, n + 1):
        f, r = 1.0, 0.0
        while i > 0:
            f /= base
            r += f * (i % base)
            i //= base
        points.append(r)
    return points


@tf.function
def collocation(n):
    return np.array([halton(n, 2), halton(n, 3)], np.float32).T


def sampler(k):
    grid = collocation(8)
    grid = tf.convert_to_tensor(grid)
    t, x = grid[:, :1], grid[:, 1:]
    shift = tf.random.stateless_uniform([1, 1], [k, 0]) * 0.01
    return (t, x, exact(t, x)), (t + shift, x)


def relative_error(model):
    t = tf.fill([5, 1], 0.25)
    x = tf.linspace(0.1, 0.9, 5)[:, None]
    u = exact(t, x)
    return tf.norm(network(model.weights, t, x) - u) / tf.norm(u)


def main():
    tf.keras.utils.set_random_seed(0)
    model = Inverse(1)
    print(model.fit(sampler, 4))
    for k in range(3):
        data, points = sampler(k)
        print(round(float(model.balance(data, points)), 3), round(float(relative_error(model)), 3))
        print({name: round(float(v), 3) for name, v in model.gradient_norms(data, points).items()})
    print(round(float(tf.exp(model.log_alpha)), 4))


if __name__ == "__main__":
    main()
