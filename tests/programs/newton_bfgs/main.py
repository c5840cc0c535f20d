"""Small-scale optimisation: Newton, BFGS, Gauss-Newton, line searches."""

import logging
from dataclasses import dataclass
from typing import Callable, Tuple

import tensorflow as tf

logger = logging.getLogger(__name__)

Objective = Callable[[tf.Tensor], tf.Tensor]


class ConvergenceError(RuntimeError):
    pass


@dataclass(frozen=True)
class Options:
    max_iter: int = 5
    tol: float = 1e-5
    c1: float = 1e-4
    shrink: float = 0.5


def rosenbrock(x: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def quadratic(a: tf.Tensor, b: tf.Tensor) -> Objective:
    def f(x: tf.Tensor) -> tf.Tensor:
        return 0.5 * tf.tensordot(x, tf.linalg.matvec(a, x), 1) - tf.tensordot(b, x, 1)

    return f


def value_and_gradient(f: Objective, x: tf.Tensor) -> Tuple[tf.Tensor, tf.Tensor]:
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return y, tape.gradient(y, x)


def hessian(f: Objective, x: tf.Tensor) -> tf.Tensor:
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        g = inner.gradient(y, x)
    return outer.jacobian(g, x, experimental_use_pfor=False)


def backtracking(f: Objective, x: tf.Tensor, fx: tf.Tensor, g: tf.Tensor, p: tf.Tensor, opts: Options) -> float:
    alpha = 1.0
    slope = tf.tensordot(g, p, 1)
    while f(x + alpha * p) > fx + opts.c1 * alpha * slope:
        alpha *= opts.shrink
        if alpha < 1e-6:
            raise ConvergenceError("line search failed")
    return alpha


def newton(f: Objective, x: tf.Tensor, opts: Options = Options()) -> Tuple[tf.Tensor, int]:
    for i in range(opts.max_iter):
        fx, g = value_and_gradient(f, x)
        if tf.norm(g) < opts.tol:
            return x, i
        h = hessian(f, x)
        eye = tf.eye(x.shape[0])
        lam = tf.maximum(0.0, 1e-3 - tf.reduce_min(tf.linalg.eigvalsh(h)))
        p = -tf.linalg.solve(h + lam * eye, g[:, None])[:, 0]
        alpha = backtracking(f, x, fx, g, p, opts)
        logger.info("newton %d f=%.6f alpha=%.3f", i, fx, alpha)
        x = x + alpha * p
    return x, opts.max_iter


def bfgs_update(h: tf.Tensor, s: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    rho = 1.0 / tf.tensordot(y, s, 1)
    eye = tf.eye(tf.shape(s)[0])
    left = eye - rho * tf.tensordot(s, y, 0)
    return left @ h @ tf.transpose(left) + rho * tf.tensordot(s, s, 0)


def bfgs(f: Objective, x: tf.Tensor, opts: Options = Options()) -> Tuple[tf.Tensor, int]:
    h = tf.eye(x.shape[0])
    fx, g = value_and_gradient(f, x)
    for i in range(opts.max_iter):
        if float(tf.norm(g)) < opts.tol:
            return x, i
        p = -tf.linalg.matvec(h, g)
        try:
            alpha = backtracking(f, x, fx, g, p, opts)
        except ConvergenceError:
            logger.warning("restarting at iteration %d", i)
            h = tf.eye(x.shape[0])
            continue
        x_new = x + alpha * p
        fx, g_new = value_and_gradient(f, x_new)
        s, y = x_new - x, g_new - g
        if tf.tensordot(s, y, 1) > 1e-10:
            h = bfgs_update(h, s, y)
        x, g = x_new, g_new
    return x, opts.max_iter


def gauss_newton_step(residual: Callable[[tf.Tensor], tf.Tensor], theta: tf.Tensor, damping: float) -> tf.Tensor:
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(theta)
        r = residual(theta)
    j = tape.jacobian(r, theta, experimental_use_pfor=False)
    jtj = tf.matmul(j, j, transpose_a=True) + damping * tf.eye(theta.shape[0])
    rhs = tf.matmul(j, r[:, None], transpose_a=True)
    return theta - tf.linalg.solve(jtj, rhs)[:, 0]


def conjugate_gradient(a: tf.Tensor, b: tf.Tensor, iters: int) -> tf.Tensor:
    x = tf.zeros_like(b)
    r = b
    p = r
    rs = tf.tensordot(r, r, 1)
    for _ in range(iters):
        ap = tf.linalg.matvec(a, p)
        alpha = rs / tf.tensordot(p, ap, 1)
        x += alpha * p
        r -= alpha * ap
        rs_new = tf.tensordot(r, r, 1)
        p = r + rs_new / rs * p
        rs = rs_new
    return x


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    for start in ([-1.2, 1.0], [0.5, 2.0], [1.5, 1.5]):
        x, n = newton(rosenbrock, tf.constant(start))
        xb, nb = bfgs(rosenbrock, tf.constant(start), Options(max_iter=6))
        print("newton", x.numpy().round(3), n, "bfgs", xb.numpy().round(3), nb)
    a = tf.constant([[3.0, 0.5], [0.5, 2.0]])
    for k in (1.0, 2.0, 3.0):
        b = tf.constant([k, 1.0])
        print(newton(quadratic(a, b), tf.zeros([2]))[0].numpy().round(4), conjugate_gradient(a, b, 2).numpy().round(4))
    t = tf.linspace(0.0, 2.0, 9)
    data = 2.0 * tf.exp(-0.7 * t)
    theta = tf.constant([1.0, -0.3])
    for _ in range(4):
        theta = gauss_newton_step(lambda th: th[0] * tf.exp(th[1] * t) - data, theta, 1e-4)
        print(theta.numpy().round(4))


if __name__ == "__main__":
    main()
