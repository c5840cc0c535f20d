from __future__ import annotations

import math

import tensorflow as tf

from vision.base import BaseTrainer
from vision.nets.ema import EMA


class Classifier(BaseTrainer):
    use_function = True

    def compute_loss(self, images, labels, training):
        logits = self.model(images, training=training)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


class SmoothedClassifier(Classifier):
    """Label smoothing, weight decay, cosine schedule, averaged weights."""

    use_function = False
    smoothing = 0.1
    weight_decay = 1e-3

    def __init__(self, model, optimizer, total_steps):
        super().__init__(model, optimizer)
        self.total_steps = total_steps
        self.ema = EMA(model)

    def learning_rate(self):
        progress = min(1.0, int(self.global_step) / self.total_steps)
        return 0.025 * (1 + math.cos(math.pi * progress))

    def regularization(self):
        return tf.add_n([tf.nn.l2_loss(v) for v in self.model.trainable_variables if "kernel" in v.name])

    def compute_loss(self, images, labels, training):
        logits = self.model(images, training=training)
        k = logits.shape[-1]
        target = tf.one_hot(labels, k) * (1 - self.smoothing) + self.smoothing / k
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, logits))
        if training:
            loss += self.weight_decay * self.regularization()
        return loss

    def after_step(self, loss):
        self.ema.update(self.model, self.global_step)

    def evaluate(self, dataset):
        with self.ema.swap_in(self.model):
            return super().evaluate(dataset)
