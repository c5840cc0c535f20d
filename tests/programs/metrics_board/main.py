"""Metrics with a common base, a board that prints them; decorated static, class and property methods."""
import abc
import math

import numpy as np
import tensorflow as tf
from tensorflow.compat import v2


class Metric(tf.Module, abc.ABC):
    unit = ""

    def __init__(self, label):
        super().__init__()
        self.label = label
        self.calls = 0

    @abc.abstractmethod
    def update(self, y, p):
        """Take in one batch."""

    @abc.abstractmethod
    def result(self):
        """The value so far."""

    @tf.function
    def title(self):
        return self.label.title() + (" [%s]" % self.unit if self.unit else "")

    @staticmethod
    @tf.function
    def percent(value, digits):
        return str(round(100.0 * value, digits)) + "%"

    @classmethod
    @v2.function
    def kind(cls):
        return cls.__name__.lower()


class Mean(Metric):
    def __init__(self, label):
        super().__init__(label)
        self.total = tf.Variable(0.0)
        self.count = tf.Variable(0.0)

    @tf.function
    def update(self, y, p):
        self.calls += 1
        self.total.assign_add(tf.reduce_sum(tf.abs(y - p)))
        self.count.assign_add(tf.cast(tf.size(y), tf.float32))

    @tf.function
    def result(self):
        return tf.math.divide_no_nan(self.total, self.count)

    @property
    @tf.function
    def empty(self):
        return self.calls == 0


class Accuracy(Mean):
    unit = "share"

    @tf.function
    def update(self, y, p):
        hits = tf.cast((p > 0.5) == (y > 0.5), tf.float32)
        self.total.assign_add(tf.reduce_sum(hits))
        self.count.assign_add(tf.cast(tf.size(hits), tf.float32))


class Calibration(Metric):
    unit = "ece"

    def __init__(self, label, bins):
        super().__init__(label)
        self.bins = bins
        self.sums = tf.Variable(tf.zeros([bins, 3]))

    @tf.function
    def edges(self):
        return [k / self.bins for k in range(self.bins + 1)]

    def update(self, y, p):
        index = tf.minimum(tf.cast(p * self.bins, tf.int32), self.bins - 1)
        columns = tf.stack([y, p, tf.ones_like(p)], axis=1)
        self.sums.assign_add(tf.math.unsorted_segment_sum(columns, index, self.bins))

    def result(self):
        y, p, n = tf.unstack(self.sums, axis=1)
        gap = tf.abs(tf.math.divide_no_nan(y, n) - tf.math.divide_no_nan(p, n))
        return tf.reduce_sum(gap * n) / tf.reduce_sum(n)


class AUC(Metric):
    def __init__(self, label):
        super().__init__(label)
        self.seen = []

    @tf.function
    def update(self, y, p):
        self.seen += [(float(a), float(b)) for a, b in zip(y.numpy(), p.numpy())]

    def result(self):
        positive = [p for y, p in self.seen if y > 0.5]
        negative = [p for y, p in self.seen if y <= 0.5]
        if not positive or not negative:
            return math.nan
        return sum((a > b) + 0.5 * (a == b) for a in positive for b in negative) / (len(positive) * len(negative))


class Board:
    def __init__(self, *metrics):
        self.metrics = list(metrics)

    def update(self, y, p):
        for metric in self.metrics:
            try:
                metric.update(y, p)
            except AttributeError:
                metric.calls += 1

    @tf.function
    def widths(self, titles):
        return max(len(title) for title in titles)

    def lines(self):
        for metric in self.metrics:
            yield text_of(metric.title()), float(metric.result())


@tf.function
def bootstrap(values, reps, seed):
    means = []
    for r in range(reps):
        index = tf.random.stateless_uniform(tf.shape(values), [seed, r], 0, tf.size(values), tf.int32)
        means.append(tf.reduce_mean(tf.gather(values, index)))
    return tf.math.reduce_std(tf.stack(means))


@tf.function
def star(p):
    for limit, mark in ((0.001, "***"), (0.01, "**"), (0.05, "*")):
        if p < limit:
            return mark
    return ""


def text_of(value):
    return value.numpy().decode() if tf.is_tensor(value) else value


def main():
    rng = np.random.default_rng(8)
    board = Board(Mean("error"), Accuracy("right"), Calibration("calibration", 4), AUC("auc"))
    for n in (6, 8, 10, 7):
        p = tf.constant(rng.uniform(size=n), tf.float32)
        y = tf.cast(tf.constant(rng.uniform(size=n), tf.float32) < p, tf.float32)
        board.update(y, p)
        print(round(float(bootstrap(y - p, 3, n)), 4))
    titles = [title for title, _ in board.lines()]
    width = int(board.widths(titles))
    for title, value in board.lines():
        print(title.ljust(width), round(value, 4), text_of(Metric.percent(value if value == value else 0.0, 1)))
    print([text_of(metric.kind()) for metric in board.metrics])
    print([float(edge) for edge in board.metrics[2].edges()])
    print([text_of(star(p)) for p in (0.2, 0.04, 0.005, 0.0001)])
    print(bool(board.metrics[0].empty))


if __name__ == "__main__":
    main()
