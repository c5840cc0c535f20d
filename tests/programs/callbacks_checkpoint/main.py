"""Training with our own callbacks and checkpoints, and resuming from them."""
import json
import os

import numpy as np
import tensorflow as tf


class LossHistory(tf.keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.losses = []

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(round(float(logs["loss"]), 4))


class PlateauSchedule(tf.keras.callbacks.Callback):
    def __init__(self, factor=0.5, patience=1):
        super().__init__()
        self.factor, self.patience = factor, patience
        self.best, self.bad = float("inf"), 0

    def on_epoch_end(self, epoch, logs=None):
        if logs["loss"] < self.best - 1e-3:
            self.best, self.bad = logs["loss"], 0
            return
        self.bad += 1
        if self.bad >= self.patience:
            lr = float(self.model.optimizer.learning_rate) * self.factor
            self.model.optimizer.learning_rate = lr
            print("reducing lr to", round(lr, 5))


class JsonLogger(tf.keras.callbacks.Callback):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def on_epoch_end(self, epoch, logs=None):
        with open(self.path, "a") as f:
            f.write(json.dumps({"epoch": epoch, **{k: round(float(v), 4) for k, v in logs.items()}}) + "\n")


def make_model():
    return tf.keras.Sequential([
        tf.keras.Input((4,)),
        tf.keras.layers.Dense(8, activation="tanh"),
        tf.keras.layers.Dense(1),
    ])


def toy_data():
    rng = np.random.RandomState(0)
    x = rng.randn(24, 4).astype("float32")
    return x, (x @ np.array([[1.0], [-2.0], [0.5], [0.0]], "float32"))


class Looper:
    """A manual loop with tf.train.Checkpoint; the step lives in a variable, the best loss does not."""

    def __init__(self, directory):
        self.net = make_model()
        self.opt = tf.keras.optimizers.SGD(0.05)
        self.step = tf.Variable(0, dtype=tf.int64)
        self.best = None
        self.ckpt = tf.train.Checkpoint(step=self.step, net=self.net)
        self.manager = tf.train.CheckpointManager(self.ckpt, directory, max_to_keep=2)

    def restore(self):
        path = self.manager.latest_checkpoint
        self.ckpt.restore(path)
        if path:
            print("restored step", int(self.step))
        return path is not None

    def train_step(self, x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.abs(self.net(x) - y))
        variables = self.net.trainable_variables
        self.opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
        self.step.assign_add(1)
        return loss

    def maybe_save(self, loss):
        if self.best is None or loss < self.best:
            self.best = loss
            return os.path.basename(self.manager.save(checkpoint_number=self.step))
        return None

    def run(self, x, y, steps):
        for _ in range(steps):
            loss = self.train_step(x, y)
            saved = self.maybe_save(loss)
            print("step", int(self.step), "loss", round(float(loss), 4), saved)


def weights_norm(model):
    return tf.linalg.global_norm(model.trainable_variables)


def main():
    tf.keras.utils.set_random_seed(3)
    x, y = toy_data()
    model = make_model()
    model.compile("sgd", "mse")
    hist = LossHistory()
    model.fit(x, y, epochs=3, batch_size=8, verbose=0, shuffle=False,
              callbacks=[hist, PlateauSchedule(), JsonLogger("log.jsonl")])
    print(hist.losses)
    print(open("log.jsonl").read())

    a = Looper("ckpts")
    print(a.restore())
    a.run(x, y, 3)
    before = weights_norm(a.net).numpy()
    b = Looper("ckpts")
    print(b.restore(), np.allclose(before, weights_norm(b.net).numpy()))
    b.run(x, y, 2)
    print(weights_norm(b.net).numpy().round(4))


if __name__ == "__main__":
    main()
