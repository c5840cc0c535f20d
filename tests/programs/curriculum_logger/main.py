"""Production-ish training script: curriculum, progress log, crash-safe summaries, plateau detection."""
import csv
import datetime
import logging
import os
import sys
import warnings

import tensorflow as tf

LOG = logging.getLogger("train")
GLOBAL_STEP = 0
difficulty = 1
_cache = {}


class NanLossError(Exception):
    def __init__(self, step):
        super().__init__("loss is NaN at step %d" % step)
        self.step = step


class FakeClock:
    """Stands in for the wall clock in dry runs."""

    def __init__(self):
        self.now = datetime.datetime(2024, 1, 1)

    def tick(self):
        self.now += datetime.timedelta(seconds=30)
        return self.now.strftime("%H:%M:%S")


clock = FakeClock()


def set_difficulty(level):
    global difficulty
    difficulty = level
    LOG.debug("difficulty %d", level)


def make_problem(seed):
    """Noisy parity-like regression whose frequency grows with difficulty."""
    x = tf.random.stateless_uniform([16, 2], [seed, 1], -1.0, 1.0)
    y = tf.sin(difficulty * x[:, :1]) * tf.cos(difficulty * x[:, 1:])
    return x, y


def fourier_features(x, n):
    key = (x.shape[-1], n)
    if key not in _cache:
        _cache[key] = tf.random.stateless_normal([x.shape[-1], n], [7, n])
    proj = tf.matmul(x, _cache[key])
    return tf.concat([tf.sin(proj), tf.cos(proj)], -1)


class Ridge:
    def __init__(self, n_features, lr):
        self.n = n_features
        self.w = tf.Variable(tf.zeros([2 * n_features, 1]))
        self.lr = lr
        self.loss_trace = []

    def predict(self, x):
        return tf.matmul(fourier_features(x, self.n), self.w)

    def loss(self, x, y):
        return tf.reduce_mean(tf.square(self.predict(x) - y)) + 1e-3 * tf.reduce_sum(self.w ** 2)

    def step(self, x, y):
        global GLOBAL_STEP
        with tf.GradientTape() as tape:
            loss = self.loss(x, y)
        grad = tape.gradient(loss, self.w)
        self.w.assign_sub(self.lr * grad)
        GLOBAL_STEP += 1
        check_finite(loss, GLOBAL_STEP)
        self.loss_trace.append(loss)
        return loss

    @tf.function(reduce_retracing=True)
    def compiled_step(self, x, y):
        with tf.GradientTape() as tape:
            loss = self.loss(x, y)
        self.w.assign_sub(self.lr * tape.gradient(loss, self.w))
        tf.print("compiled", GLOBAL_STEP, output_stream=sys.stdout)
        return loss


def check_finite(loss, step):
    if tf.math.is_nan(loss):
        raise NanLossError(step)


def plateau(trace, window=3, eps=1e-3):
    if len(trace) < 2 * window:
        return False
    recent = tf.reduce_mean(tf.stack(trace[-window:]))
    before = tf.reduce_mean(tf.stack(trace[-2 * window:-window]))
    return bool(before - recent < eps)


class CsvSummary:
    def __init__(self, path):
        self.path = path
        self.rows = 0

    def write(self, **values):
        new = not os.path.exists(self.path)
        with open(self.path, "a", newline="") as f:
            w = csv.DictWriter(f, fieldnames=["time"] + sorted(values))
            if new:
                w.writeheader()
            w.writerow({"time": clock.tick(), **values})
        self.rows += 1


def log_metrics(summary, model, x, y):
    loss = model.loss(x, y)
    residual = model.predict(x) - y
    summary.write(step=GLOBAL_STEP, loss="%.5f" % loss, mae="%.5f" % tf.reduce_mean(tf.abs(residual)))
    if loss > 10:
        warnings.warn("loss is large")
    return loss


def robust_step(model, x, y):
    try:
        return model.step(x, y)
    except NanLossError as e:
        LOG.error("skipping: %s", e)
        model.w.assign(tf.zeros_like(model.w))
        return tf.constant(float("inf"))


def main():
    global GLOBAL_STEP
    logging.basicConfig(level=logging.WARNING)
    GLOBAL_STEP = 0
    model = Ridge(6, 0.1)
    summary = CsvSummary("progress.csv")
    for level in (1, 2, 3):
        set_difficulty(level)
        for s in range(4):
            x, y = make_problem(10 * level + s)
            if s == 3 and level == 2:
                x = x / 0.0
            robust_step(model, x, y)
        x, y = make_problem(100 + level)
        log_metrics(summary, model, x, y)
        if level > 1:
            print("compiled loss", model.compiled_step(x, y).numpy().round(5))
        print("level", level, "plateau", plateau(model.loss_trace), "w", tf.norm(model.w).numpy().round(4))
    print("compiled loss", model.compiled_step(x, y).numpy().round(5), "steps", GLOBAL_STEP)
    print(open("progress.csv").read())


if __name__ == "__main__":
    main()
