"""Entropic optimal transport: Sinkhorn in the log domain, barycentres, assignments."""
import math
from functools import partial, wraps

import numpy as np
import tensorflow as tf


def counted(fn):
    """Counts calls of the decorated function."""

    @wraps(fn)
    def wrapper(*args, **kwargs):
        wrapper.calls += 1
        return fn(*args, **kwargs)

    wrapper.calls = 0
    return wrapper


def check_simplex(fn):
    @wraps(fn)
    def wrapper(a, b, *rest, **kwargs):
        for name, v in (("a", a), ("b", b)):
            if abs(float(tf.reduce_sum(v)) - 1.0) > 1e-3:
                raise ValueError(f"{name} does not sum to one")
        return fn(a, b, *rest, **kwargs)

    return wrapper


@counted
def cost_matrix(x, y, p=2):
    d = tf.abs(x[:, None, :] - y[None, :, :])
    return tf.reduce_sum(d ** p, axis=-1)


def softmin(eps, C, h):
    return -eps * tf.reduce_logsumexp(h[None, :] - C / eps, axis=1)


@check_simplex
def sinkhorn_potentials(a, b, C, eps, iters=10):
    loga, logb = tf.math.log(a), tf.math.log(b)
    f = tf.zeros_like(a)
    g = tf.zeros_like(b)
    Ct = tf.transpose(C)
    for _ in range(iters):
        f = softmin(eps, C, logb + g / eps)
        g = softmin(eps, Ct, loga + f / eps)
    return f, g


def plan(a, b, C, f, g, eps):
    return tf.exp((f[:, None] + g[None, :] - C) / eps) * a[:, None] * b[None, :]


def ot_cost(a, b, x, y, eps=0.1):
    C = cost_matrix(x, y)
    f, g = sinkhorn_potentials(a, b, C, eps)
    return tf.reduce_sum(a * f) + tf.reduce_sum(b * g)


def sinkhorn_divergence(a, x, b, y, eps=0.1):
    return ot_cost(a, b, x, y, eps) - 0.5 * ot_cost(a, a, x, x, eps) - 0.5 * ot_cost(b, b, y, y, eps)


def sinkhorn_until(K, a, b, tol=1e-3, limit=50):
    u = tf.ones_like(a)
    n = 0
    err = math.inf
    while err > tol and n < limit:
        v = b / tf.linalg.matvec(K, u, transpose_a=True)
        u = a / tf.linalg.matvec(K, v)
        err = tf.reduce_sum(tf.abs(tf.linalg.matvec(K, u, transpose_a=True) * v - b)).numpy()
        n += 1
    return u[:, None] * K * v[None, :], n, err


def barycentre(hists, C, weights, eps=0.05, iters=8):
    K = tf.exp(-C / eps)
    v = tf.ones_like(hists)
    for _ in range(iters):
        u = hists / (v @ K)
        logs = tf.math.log(u @ tf.transpose(K))
        bar = tf.exp(tf.reduce_sum(weights[:, None] * logs, axis=0))
        v = bar[None, :] / (u @ tf.transpose(K))
    return bar / tf.reduce_sum(bar)


def gradient_flow(x, y, steps, lr, eps):
    n, m = x.shape[0], y.shape[0]
    a, b = tf.fill([n], 1.0 / n), tf.fill([m], 1.0 / m)
    trail = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = sinkhorn_divergence(a, x, b, y, eps)
        x = x - lr * n * tape.gradient(loss, x)
        trail.append(loss)
    return x, tf.stack(trail)


def hard_assignment(P):
    P = P.numpy()
    rows = []
    for i in range(P.shape[0]):
        j = int(P[i].argmax())
        rows.append(j)
        P[:, j] = -1
    return rows


@tf.function
def gumbel_sinkhorn(logits, temperature, seed, n_iter=5):
    u = tf.random.stateless_uniform(tf.shape(logits), seed, 1e-6, 1.0)
    z = (logits - tf.math.log(-tf.math.log(u))) / temperature
    for _ in range(n_iter):
        z = z - tf.reduce_logsumexp(z, axis=1, keepdims=True)
        z = z - tf.reduce_logsumexp(z, axis=0, keepdims=True)
    return tf.exp(z)


def main():
    grid = tf.linspace(0.0, 1.0, 6)[:, None]
    Cg = cost_matrix(grid, grid)
    for seed in range(3):
        x = tf.random.stateless_normal([4, 2], [seed, 0])
        y = tf.random.stateless_normal([5, 2], [seed, 1]) + 1.0
        a, b = tf.fill([4], 0.25), tf.fill([5], 0.2)
        C = cost_matrix(x, y, p=1 + seed % 2)
        f, g = sinkhorn_potentials(a, b, C, 0.5, iters=10 + seed)
        P = plan(a, b, C, f, g, 0.5)
        print("mass", tf.reduce_sum(P).numpy().round(4), "assign", hard_assignment(P))
        Q, n, err = sinkhorn_until(tf.exp(-C / 1.0), a, b)
        print("until", n, err < 1e-3 or n == 50, tf.reduce_sum(Q * C).numpy().round(4))
        moved, trail = gradient_flow(x, y, 2, 0.2, 0.5)
        print("flow", trail.numpy().round(4), moved.numpy().mean().round(4))
        h = tf.nn.softmax(tf.random.stateless_normal([3, 6], [seed, 2]))
        print("bary", barycentre(h, Cg, tf.constant([0.5, 0.25, 0.25])).numpy().round(3))
        pick = partial(gumbel_sinkhorn, temperature=tf.constant(0.5 + seed))
        print("gs", pick(C[:, :4], seed=tf.constant([seed, 3])).numpy().sum(0).round(3))
    print("cost matrices", cost_matrix.calls)
    try:
        sinkhorn_potentials(2 * a, b, C, 0.5)
    except ValueError as e:
        print("error:", e)


if __name__ == "__main__":
    main()
