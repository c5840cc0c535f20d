"""Black-Scholes, Greeks by differentiation, implied volatility and Monte Carlo."""
import functools
import math

import tensorflow as tf

F = tf.float64


def norm_cdf(x):
    return 0.5 * (1.0 + tf.math.erf(x / math.sqrt(2.0)))


def norm_pdf(x):
    return tf.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)


def d1_d2(s, k, r, sigma, t):
    v = sigma * tf.sqrt(t)
    d1 = (tf.math.log(s / k) + (r + 0.5 * sigma ** 2) * t) / v
    return d1, d1 - v


def black_scholes(s, k, r, sigma, t, call=True):
    d1, d2 = d1_d2(s, k, r, sigma, t)
    price = s * norm_cdf(d1) - k * tf.exp(-r * t) * norm_cdf(d2)
    if not call:
        price = price - s + k * tf.exp(-r * t)
    return price


def greeks(s, k, r, sigma, t):
    with tf.GradientTape() as t2:
        t2.watch(s)
        with tf.GradientTape(persistent=True) as t1:
            t1.watch([s, sigma, t, r])
            price = black_scholes(s, k, r, sigma, t)
        delta = t1.gradient(price, s)
    return {
        'price': price,
        'delta': delta,
        'gamma': t2.gradient(delta, s),
        'vega': t1.gradient(price, sigma),
        'theta': -t1.gradient(price, t),
        'rho': t1.gradient(price, r),
    }


def implied_vol(price, s, k, r, t, guess=0.3, tol=1e-8):
    sigma = tf.constant(guess, F)
    for i in range(20):
        diff = black_scholes(s, k, r, sigma, t) - price
        if abs(diff) < tol:
            break
        d1, _ = d1_d2(s, k, r, sigma, t)
        vega = s * norm_pdf(d1) * tf.sqrt(t)
        sigma = tf.clip_by_value(sigma - diff / vega, 1e-3, 5.0)
    return sigma, i


def gbm_paths(s0, r, sigma, t, steps, n, seed):
    dt = t / steps
    z = tf.random.stateless_normal([n, steps], seed, dtype=F)
    z = tf.concat([z, -z], 0)
    incr = (r - 0.5 * sigma ** 2) * dt + sigma * tf.sqrt(dt) * z
    return s0 * tf.exp(tf.cumsum(incr, axis=1))


def mc_price(payoff, s0, r, sigma, t, steps=8, n=64, seed=(0, 0)):
    paths = gbm_paths(s0, r, sigma, t, steps, n, seed)
    x = tf.exp(-r * t) * payoff(paths)
    return tf.reduce_mean(x), tf.math.reduce_std(x) / math.sqrt(2 * n)


def asian_call(paths, k):
    return tf.maximum(tf.reduce_mean(paths, axis=1) - k, 0.0)


def barrier_call(paths, k, barrier):
    alive = tf.cast(tf.reduce_max(paths, axis=1) < barrier, paths.dtype)
    return alive * tf.maximum(paths[:, -1] - k, 0.0)


def binomial_american_put(s, k, r, sigma, t, steps):
    dt = t / steps
    u = tf.exp(sigma * tf.sqrt(dt))
    d = 1.0 / u
    p = (tf.exp(r * dt) - d) / (u - d)
    disc = tf.exp(-r * dt)
    j = tf.range(steps + 1, dtype=F)
    values = tf.maximum(k - s * u ** j * d ** (steps - j), 0.0)
    for n in range(steps - 1, -1, -1):
        j = tf.range(n + 1, dtype=F)
        spot = s * u ** j * d ** (n - j)
        values = disc * (p * values[1:n + 2] + (1.0 - p) * values[:n + 1])
        values = tf.maximum(values, k - spot)
    return values[0]


@tf.function
def crank_nicolson(s_grid, k, r, sigma, t, steps):
    n = tf.shape(s_grid)[0]
    dt = t / tf.cast(steps, F)
    h = s_grid[1] - s_grid[0]
    i = s_grid / h
    a = 0.25 * dt * (sigma ** 2 * i ** 2 - r * i)
    b = -0.5 * dt * (sigma ** 2 * i ** 2 + r)
    c = 0.25 * dt * (sigma ** 2 * i ** 2 + r * i)
    v = tf.maximum(s_grid - k, 0.0)
    for _ in tf.range(steps):
        left = tf.roll(v, 1, 0)
        right = tf.roll(v, -1, 0)
        rhs = a * left + (1 + b) * v + c * right
        v_new = tf.linalg.tridiagonal_solve(tf.stack([-c, 1 - b, -a]), rhs)
        v = tf.concat([[tf.constant(0.0, F)], v_new[1:-1], v[-1:]], 0)
    return v


class Book:
    def __init__(self):
        self.positions = []
        self.marked = 0.0

    def add(self, quantity, **contract):
        self.positions.append((quantity, contract))

    def mark(self, s, sigma):
        total = 0.0
        for q, c in self.positions:
            total += q * black_scholes(s, sigma=sigma, **c)
        self.marked = float(total)
        return total


def main():
    c = functools.partial(tf.constant, dtype=F)
    k, r, t = c(100.0), c(0.02), c(0.75)
    book = Book()
    book.add(2, k=k, r=r, t=t)
    book.add(-1, k=c(110.0), r=r, t=t, call=False)
    for s0, vol in ((95.0, 0.2), (100.0, 0.3), (110.0, 0.25)):
        s, sigma = c(s0), c(vol)
        g = greeks(s, k, r, sigma, t)
        print({n: round(float(v), 4) for n, v in g.items()})
        iv, it = implied_vol(g['price'], s, k, r, t)
        print('iv', iv.numpy().round(6), it, 'american', binomial_american_put(s, k, r, sigma, t, 5).numpy().round(4))
        for name, payoff in (('asian', lambda p: asian_call(p, k)), ('barrier', lambda p: barrier_call(p, k, 130.0))):
            m, se = mc_price(payoff, s, r, sigma, t, seed=(int(s0), 1))
            print(name, m.numpy().round(3), se.numpy().round(3))
        grid = tf.linspace(c(50.0), c(150.0), 11)
        print('cn', crank_nicolson(grid, k, r, sigma, t, tf.constant(4)).numpy()[5].round(4), 'book', book.mark(s, sigma).numpy().round(4), round(book.marked, 2))


if __name__ == '__main__':
    main()
