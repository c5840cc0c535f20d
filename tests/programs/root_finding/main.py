"""Root finding, quadrature and line search for a numerics course; float64, some students' decorators kept."""
import math

import tensorflow as tf

F = tf.float64


def c(x):
    return tf.constant(x, F)


def cubic(x):
    return x ** 3 - 2.0 * x - 5.0


@tf.function
def bisect(f, a, b, iterations):
    """Bisection on Python floats."""
    for _ in range(iterations):
        m = 0.5 * (a + b)
        if f(a) * f(m) <= 0:
            b = m
        else:
            a = m
    return 0.5 * (a + b)


@tf.function
def secant(f, x0, x1, tol=1e-10):
    for _ in tf.range(50):
        if tf.abs(x1 - x0) < tol:
            break
        slope = (f(x1) - f(x0)) / (x1 - x0)
        x0, x1 = x1, x1 - f(x1) / slope
    return x1


def newton(f, x, tol=1e-10, limit=50):
    steps = 0
    while steps < limit:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        d = tape.gradient(y, x)
        x = x - y / d
        steps += 1
        if abs(float(y)) < tol:
            break
    return x, steps


@tf.function
def fixed_point(g, x, n):
    for _ in range(n):
        x = g(x)
    return x


@tf.function
def simpson_weights(n):
    return [1] + [4 if k % 2 else 2 for k in range(1, n)] + [1]


@tf.function
def simpson(f, a, b, n):
    h = (b - a) / n
    weights = tf.constant([1] + [4 if k % 2 else 2 for k in range(1, n)] + [1], F)
    x = tf.linspace(c(a), c(b), n + 1)
    return h / 3 * tf.reduce_sum(weights * f(x))


@tf.function
def gauss_nodes(n):
    if n == 2:
        return (-1 / math.sqrt(3), 1 / math.sqrt(3)), (1.0, 1.0)
    if n == 3:
        return (-math.sqrt(0.6), 0.0, math.sqrt(0.6)), (5 / 9, 8 / 9, 5 / 9)
    raise ValueError("no rule with %d nodes" % n)


def gauss(f, a, b, n):
    nodes, weights = gauss_nodes(n)
    half, mid = 0.5 * (b - a), 0.5 * (a + b)
    total = 0.0
    for x, w in zip(nodes, weights):
        total += float(w) * f(c(mid + half * float(x)))
    return half * total


def richardson(f, x, h, levels=3):
    table = [(f(x + h / 2 ** k) - f(x - h / 2 ** k)) / (2 * h / 2 ** k) for k in range(levels)]
    power = 4.0
    while len(table) > 1:
        table = [(power * b - a) / (power - 1) for a, b in zip(table, table[1:])]
        power *= 4.0
    return table[0]


@tf.function
def armijo(f, x, direction, slope, t=1.0):
    fx = f(x)
    while f(x + t * direction) > fx + 1e-4 * t * slope:
        t = t * 0.5
    return t


def rosenbrock(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def descend(f, x, steps):
    path = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        g = tape.gradient(y, x)
        t = armijo(f, x, -g, -tf.reduce_sum(g * g), c(1.0))
        x = x - t * g
        path.append(round(float(y), 4))
    return x, path


class Spline:
    """Natural cubic spline."""

    def __init__(self, x, y):
        self.x, self.y = x, y
        self.m = self.second_derivatives()

    def second_derivatives(self):
        h = self.x[1:] - self.x[:-1]
        d = (self.y[1:] - self.y[:-1]) / h
        inner = tf.linalg.diag(2 * (h[:-1] + h[1:])) + tf.linalg.diag(h[1:-1], k=1) + tf.linalg.diag(h[1:-1], k=-1)
        m = tf.linalg.solve(inner, 6 * (d[1:] - d[:-1])[:, None])[:, 0]
        return tf.pad(m, [[1, 1]])

    @tf.function
    def interval(self, value, knots):
        for i, knot in enumerate(knots):
            if value < knot:
                return max(0, i - 1)
        return len(knots) - 2

    @tf.function
    def __call__(self, t):
        i = tf.clip_by_value(tf.searchsorted(self.x, t) - 1, 0, tf.size(self.x) - 2)
        x0, x1 = tf.gather(self.x, i), tf.gather(self.x, i + 1)
        y0, y1 = tf.gather(self.y, i), tf.gather(self.y, i + 1)
        m0, m1 = tf.gather(self.m, i), tf.gather(self.m, i + 1)
        h, a, b = x1 - x0, x1 - t, t - x0
        return (m0 * a ** 3 + m1 * b ** 3) / (6 * h) + (y0 / h - m0 * h / 6) * a + (y1 / h - m1 * h / 6) * b


def main():
    for n in (5, 10, 20, 30):
        print(n, round(float(bisect(cubic, 2.0, 3.0, n)), 6), round(float(fixed_point(tf.cos, c(1.0), n)), 6))
    print(round(float(secant(cubic, c(2.0), c(3.0))), 9))
    for start in (1.5, 2.0, 3.0):
        x, steps = newton(cubic, c(start))
        print(round(float(x), 9), steps)
    for n in (2, 4, 6, 8):
        print(n, [int(w) for w in simpson_weights(n)], round(float(simpson(tf.sin, 0.0, math.pi, n)), 8))
    print([round(float(gauss(tf.exp, 0.0, 1.0, n)), 8) for n in (2, 3)])
    print([round(float(richardson(tf.exp, c(x), c(0.1))), 8) for x in (0.0, 0.5, 1.0)])
    x, path = descend(rosenbrock, tf.constant([-1.0, 1.0], F), 4)
    print(path, x.numpy().round(3))
    knots = tf.linspace(c(0.0), c(3.0), 7)
    spline = Spline(knots, tf.sin(knots))
    for size in (3, 4, 5):
        print(spline(tf.linspace(c(0.2), c(2.8), size)).numpy().round(4))
    print([int(spline.interval(v, (0.0, 1.0, 2.0))) for v in (0.5, 1.5, 1.7, 2.5)])


if __name__ == "__main__":
    main()
