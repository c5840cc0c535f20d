from __future__ import annotations

import abc
import time
from typing import Any, Dict, Iterable

import tensorflow as tf


class BaseTrainer(abc.ABC):
    """Outer loop, bookkeeping and early stopping; subclasses say what a step is."""

    use_function = False

    def __init__(self, model: tf.keras.Model, optimizer: tf.keras.optimizers.Optimizer):
        self.model = model
        self.optimizer = optimizer
        self.global_step = tf.Variable(0, trainable=False, dtype=tf.int64)
        self.metrics: Dict[str, tf.keras.metrics.Metric] = self.build_metrics()
        self.best = float("-inf")
        self.history: list[Dict[str, float]] = []
        self._step = tf.function(self.train_step) if self.use_function else self.train_step

    @abc.abstractmethod
    def compute_loss(self, images: tf.Tensor, labels: tf.Tensor, training: bool) -> tf.Tensor:
        ...

    def build_metrics(self) -> Dict[str, tf.keras.metrics.Metric]:
        return {"loss": tf.keras.metrics.Mean()}

    def learning_rate(self) -> Any:
        return 0.05

    def before_step(self) -> None:
        self.optimizer.learning_rate = self.learning_rate()

    def after_step(self, loss: tf.Tensor) -> None:
        pass

    def train_step(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = self.compute_loss(images, labels, training=True)
        variables = self.model.trainable_variables
        grads = tape.gradient(loss, variables)
        self.optimizer.apply_gradients(zip(grads, variables))
        self.global_step.assign_add(1)
        self.metrics["loss"].update_state(loss)
        return loss

    def evaluate(self, dataset: Iterable) -> float:
        right, seen = 0, 0
        for images, labels in dataset:
            right += int(self.count_correct(images, labels))
            seen += len(labels)
        return right / seen

    def count_correct(self, images: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        pred = tf.argmax(self.model(images, training=False), axis=-1, output_type=labels.dtype)
        return tf.reduce_sum(tf.cast(pred == labels, tf.int32))

    def fit(self, train: Iterable, valid: Iterable, epochs: int, patience: int = 2) -> None:
        started = time.perf_counter()
        stale = 0
        for epoch in range(epochs):
            for metric in self.metrics.values():
                metric.reset_state()
            for images, labels in train:
                self.before_step()
                self.after_step(self._step(images, labels))
            acc = self.evaluate(valid)
            self.history.append({"loss": round(float(self.metrics["loss"].result()), 4), "acc": round(acc, 4)})
            if acc > self.best:
                self.best, stale = acc, 0
            else:
                stale += 1
                if stale >= patience:
                    break
        self.seconds = time.perf_counter() - started
