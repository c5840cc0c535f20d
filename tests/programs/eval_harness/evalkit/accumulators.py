from __future__ import annotations

import numpy as np
import tensorflow as tf


class Accumulator:
    name = "accumulator"

    def reset(self) -> None:
        raise NotImplementedError

    def add(self, labels: tf.Tensor, logits: tf.Tensor) -> None:
        raise NotImplementedError

    def result(self):
        raise NotImplementedError


class Mean(Accumulator):
    def __init__(self, fn, name):
        self.fn = fn
        self.name = name
        self.reset()

    def reset(self):
        self._sum = 0.0
        self._count = 0

    def add(self, labels, logits):
        values = self.fn(labels, logits)
        self._sum = self._sum + tf.reduce_sum(values)
        self._count += values.shape[0]

    def result(self):
        return self._sum / self._count


class ConfusionMatrix(Accumulator):
    name = "confusion"

    def __init__(self, num_classes: int):
        self.matrix = tf.Variable(tf.zeros([num_classes, num_classes], tf.int32), trainable=False)
        self.num_classes = num_classes

    def reset(self):
        self.matrix.assign(tf.zeros_like(self.matrix))

    def add(self, labels, logits):
        pred = tf.argmax(logits, -1)
        self.matrix.assign_add(tf.math.confusion_matrix(labels, pred, self.num_classes))

    def result(self):
        m = tf.cast(self.matrix, tf.float32)
        tp = tf.linalg.diag_part(m)
        precision = tf.math.divide_no_nan(tp, tf.reduce_sum(m, 0))
        recall = tf.math.divide_no_nan(tp, tf.reduce_sum(m, 1))
        return tf.reduce_mean(tf.math.divide_no_nan(2 * precision * recall, precision + recall))


class BootstrapCI(Accumulator):
    """Keeps everything; resamples on the host at the end."""

    name = "bootstrap"

    def __init__(self, n=20, seed=0):
        self.n, self.seed = n, seed
        self.reset()

    def reset(self):
        self.hits = []

    def add(self, labels, logits):
        self.hits.append(tf.cast(tf.argmax(logits, -1) == labels, tf.float32))

    def result(self):
        hits = tf.concat(self.hits, 0).numpy()
        rng = np.random.default_rng(self.seed)
        means = [rng.choice(hits, len(hits)).mean() for _ in range(self.n)]
        return np.percentile(means, [5, 95])
