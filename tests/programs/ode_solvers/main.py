import tensorflow as tf


def lorenz(t, y, sigma=10.0, rho=28.0, beta=8.0 / 3.0):
    dx = sigma * (y[..., 1] - y[..., 0])
    dy = y[..., 0] * (rho - y[..., 2]) - y[..., 1]
    dz = y[..., 0] * y[..., 1] - beta * y[..., 2]
    return tf.stack([dx, dy, dz], axis=-1)


def van_der_pol(mu):
    def f(t, y):
        x, v = tf.unstack(y, axis=-1)
        return tf.stack([v, mu * (1 - x ** 2) * v - x], -1)
    return f


def euler_step(f, t, y, h):
    return y + h * f(t, y)


def rk4_step(f, t, y, h):
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h / 2 * k1)
    k3 = f(t + h / 2, y + h / 2 * k2)
    k4 = f(t + h, y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


@tf.function(autograph=False)
def rk4_integrate(f, y0, h, n):
    def body(i, y):
        return i + 1, rk4_step(f, tf.cast(i, y.dtype) * h, y, h)
    return tf.while_loop(lambda i, y: i < n, body, (tf.constant(0), y0))[1]


# Bogacki-Shampine 3(2)
def bs23_step(f, t, y, h):
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h / 2 * k1)
    k3 = f(t + 3 * h / 4, y + 3 * h / 4 * k2)
    y3 = y + h * (2. / 9 * k1 + 1. / 3 * k2 + 4. / 9 * k3)
    k4 = f(t + h, y3)
    y2 = y + h * (7. / 24 * k1 + 1. / 4 * k2 + 1. / 3 * k3 + 1. / 8 * k4)
    return y3, tf.reduce_max(tf.abs(y3 - y2))


def adaptive_integrate(f, y0, t1, tol=1e-3, h=0.05):
    t, y = 0.0, y0
    accepted = rejected = 0
    while t < t1:
        h = min(h, t1 - t)
        y_new, err = bs23_step(f, t, y, h)
        err = float(err)
        if err <= tol:
            t += h
            y = y_new
            accepted += 1
        else:
            rejected += 1
        h *= min(2.0, max(0.3, 0.9 * (tol / max(err, 1e-10)) ** (1 / 3)))
    return y, (accepted, rejected)


def trajectory(step, f, y0, h, n):
    ys = [y0]
    for i in range(n):
        ys.append(step(f, i * h, ys[-1], h))
    return tf.stack(ys)


def simpson(f, a, b, n=10):
    """composite Simpson rule, n even"""
    x = tf.linspace(a, b, n + 1)
    y = f(x)
    w = tf.concat([[1.], tf.tile([4., 2.], [n // 2 - 1]), [4., 1.]], 0)
    return (b - a) / n / 3 * tf.reduce_sum(w * y)


def heat_equation_1d(u, alpha, dt, steps):
    for _ in tf.range(steps):
        lap = tf.roll(u, 1, 0) - 2 * u + tf.roll(u, -1, 0)
        u = u + alpha * dt * lap
    return u


def implicit_heat(u, r):
    n = u.shape[0]
    main = tf.fill([n], 1 + 2 * r)
    off = tf.fill([n], -r)
    return tf.linalg.tridiagonal_solve([off, main, off], u, diagonals_format='sequence')


def main():
    y0 = tf.constant([1.0, 1.0, 1.0])
    print('rk4', rk4_integrate(lorenz, y0, tf.constant(0.01), tf.constant(20)).numpy().round(3))
    print('rk4', rk4_integrate(lorenz, y0 + 1, tf.constant(0.02), tf.constant(10)).numpy().round(3))
    print('rk4', rk4_integrate(lorenz, y0 - .5, tf.constant(0.01), tf.constant(30)).numpy().round(3))
    for mu in (0.5, 1.0, 2.0):
        y, counts = adaptive_integrate(van_der_pol(mu), tf.constant([2.0, 0.0]), 0.5)
        print('adaptive mu=%g' % mu, y.numpy().round(4), counts)
        print('euler', trajectory(euler_step, van_der_pol(mu), tf.constant([2.0, 0.0]), 0.1, 5)[-1].numpy().round(4))
        print('rk4', trajectory(rk4_step, van_der_pol(mu), tf.constant([2.0, 0.0]), 0.1, 5)[-1].numpy().round(4))
    print('simpson', simpson(tf.sin, 0.0, 3.1415927).numpy(), simpson(tf.exp, 0.0, 1.0, 6).numpy(),
          simpson(tf.square, -1.0, 2.0).numpy())
    u = tf.sin(tf.linspace(0.0, 6.2, 12))
    for s in (2, 4, 6):
        u = heat_equation_1d(u, 0.5, 0.4, tf.constant(s))
        print('heat', u.numpy()[:4].round(4), implicit_heat(u, 0.3 * s).numpy()[:3].round(4))


if __name__ == '__main__':
    main()
