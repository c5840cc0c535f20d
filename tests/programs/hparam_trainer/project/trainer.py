from __future__ import annotations

import tensorflow as tf

from .config import Config, HParams
from .registry import create


class MomentumSGD:
    def __init__(self, lr: float, momentum: float):
        self.lr = lr
        self.momentum = momentum
        self.velocity: list[tf.Variable] = []

    def apply(self, variables, grads):
        if not self.velocity:
            self.velocity = [tf.Variable(tf.zeros_like(v)) for v in variables]
        for v, m, g in zip(variables, self.velocity, grads):
            m.assign(self.momentum * m + g)
            v.assign_sub(self.lr * m)


class Trainer:
    def __init__(self, config: Config, inputs: int, classes: int):
        self.config = config
        self.hp = HParams.from_config(config)
        self.model = create(config.model.kind, config.model, inputs, classes)
        self.optimizer = MomentumSGD(config.optim.lr, config.optim.momentum)
        self.classes = classes
        self.best = float("inf")
        self._train_step = tf.function(self.train_step)

    def loss(self, logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        onehot = tf.one_hot(labels, self.classes)
        s = self.hp.label_smoothing
        if s:
            onehot = onehot * (1 - s) + s / self.classes
        return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(onehot, logits))

    def train_step(self, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = self.loss(self.model(x, training=True), y)
        variables = self.model.trainable_variables
        self.optimizer.apply(variables, tape.gradient(loss, variables))
        return loss

    def evaluate(self, x: tf.Tensor, y: tf.Tensor) -> dict[str, float]:
        logits = self.model(x)
        loss = self.loss(logits, y)
        acc = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1, output_type=y.dtype), y), tf.float32))
        if loss < self.best:
            self.best = float(loss)
        return {"loss": float(loss), "acc": float(acc), "best": self.best}

    def fit(self, batches, eval_data):
        logs = []
        for step in range(self.config.steps):
            x, y = batches[step % len(batches)]
            self._train_step(x, y)
            logs.append(self.evaluate(*eval_data))
        return logs
