"""Survey statistics on tensors, and how a decorator spread through the file."""
import datetime as dt
import random

import tensorflow as tf
import numpy as np

today = dt.date(2024, 5, 1)
_results = {}
config = {"verbose": True, "decimals": 2}
audit = []


@tf.function
def weighted_mean(x, w):
    return tf.reduce_sum(x * w) / tf.reduce_sum(w)


@tf.function
def weighted_quantile(x, w, q):
    order = tf.argsort(x)
    xs, ws = tf.gather(x, order), tf.gather(w, order)
    cum = tf.cumsum(ws) - 0.5 * ws
    cum /= tf.reduce_sum(w)
    i = tf.searchsorted(cum, [q])[0]
    return xs[tf.minimum(i, tf.shape(xs)[0] - 1)]


@tf.function(input_signature=[tf.TensorSpec([None], tf.float32), tf.TensorSpec([None], tf.float32)])
def correlation(x, y):
    xc, yc = x - tf.reduce_mean(x), y - tf.reduce_mean(y)
    return tf.reduce_sum(xc * yc) / (tf.norm(xc) * tf.norm(yc))


@tf.function
def summarize(x, w, label):
    audit.append(label)
    return {"mean": weighted_mean(x, w), "median": weighted_quantile(x, w, 0.5)}


def confidence_interval(x, w, level):
    """Normal approximation; design effect after Kish."""
    m = weighted_mean(x, w)
    n_eff = tf.reduce_sum(w) ** 2 / tf.reduce_sum(w ** 2)
    var = tf.reduce_sum(w * (x - m) ** 2) / tf.reduce_sum(w)
    z = {0.9: 1.645, 0.95: 1.96}[level]
    half = z * tf.sqrt(var / n_eff)
    return m - half, m + half


@tf.function
def jitter(x):
    return x + random.uniform(-0.5, 0.5)


@tf.function
def age_groups(birth_years):
    age = tf.cast(today.year, tf.int32) - birth_years
    return tf.clip_by_value(age // 20, 0, 4)


@tf.function
def rake(w, groups, targets, iters=3):
    for _ in range(iters):
        sums = tf.math.unsorted_segment_sum(w, groups, len(targets))
        w = w * tf.gather(targets / tf.maximum(sums, 1e-6), groups)
    return w


class Report:
    def __init__(self, title):
        self.title = title
        self.rows = []
        self.total = 0.0

    @tf.function
    def add(self, value):
        self.total = self.total + 1.0
        return value * 2.0

    def line(self, name, value):
        self.rows.append("%-12s %.*f" % (name, config["decimals"], float(value)))

    def render(self):
        if config["verbose"]:
            return "\n".join([self.title] + self.rows)
        return self.title


def bootstrap_se(x, w, reps, seed):
    n = x.shape[0]
    stats = []
    for r in range(reps):
        idx = tf.random.stateless_uniform([n], [seed, r], maxval=n, dtype=tf.int32)
        stats.append(weighted_mean(tf.gather(x, idx), tf.gather(w, idx)))
    return tf.math.reduce_std(tf.stack(stats))


def cached_mean(key, x, w):
    if key not in _results:
        _results[key] = weighted_mean(x, w)
    return _results[key]


@tf.function
def gini(x):
    s = tf.sort(x)
    n = tf.cast(tf.size(s), s.dtype)
    i = tf.range(1, tf.size(s) + 1)
    return tf.reduce_sum((2.0 * tf.cast(i, s.dtype) - n - 1.0) * s) / (n * tf.reduce_sum(s))


def main():
    global today
    random.seed(3)
    rng = np.random.default_rng(0)
    for wave in range(3):
        n = 8 + wave
        x = tf.constant(rng.gamma(2.0, 10.0, n), tf.float32)
        born = tf.constant(rng.integers(1930, 2010, n), tf.int32)
        groups = age_groups(born)
        w = rake(tf.ones([n]), groups, tf.fill([5], 2.0))
        rep = Report("wave %d" % wave)
        s = summarize(x, w, "wave%d" % wave)
        rep.line("mean", s["mean"])
        rep.line("median", s["median"])
        rep.line("gini", gini(x))
        rep.line("corr", correlation(x, w))
        rep.line("se", bootstrap_se(x, w, 3, wave))
        lo, hi = confidence_interval(x, w, 0.95 if wave else 0.9)
        rep.line("low", lo)
        rep.line("high", hi)
        rep.line("cached", cached_mean(wave // 2, x, w))
        rep.line("doubled", rep.add(lo))
        rep.line("jitter", jitter(tf.constant(0.0)) - jitter(tf.constant(0.0)))
        print(rep.render())
        today = today.replace(year=today.year + 1)
    print(audit)


if __name__ == "__main__":
    main()
