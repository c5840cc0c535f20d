"""Large effective batches on small memory: accumulate gradients over micro-batches."""
import argparse
from types import SimpleNamespace

import tensorflow as tf


class GradientAccumulator(object):
    """Sums gradients in variables that are created when the first gradients arrive."""

    def __init__(self):
        self._gradients = []
        self._accum_steps = None

    @property
    def step(self):
        if self._accum_steps is None:
            self._accum_steps = tf.Variable(0, dtype=tf.int64, trainable=False)
        return self._accum_steps.value()

    @property
    def gradients(self):
        if not self._gradients:
            raise ValueError("The accumulator should be called first to initialize the gradients")
        return [g.value() for g in self._gradients]

    def __call__(self, gradients):
        if not self._gradients:
            _ = self.step
            self._gradients.extend(tf.Variable(tf.zeros_like(g), trainable=False) for g in gradients)
        if len(gradients) != len(self._gradients):
            raise ValueError("Expected %s gradients, but got %d" % (len(self._gradients), len(gradients)))
        for acc, g in zip(self._gradients, gradients):
            acc.assign_add(g)
        self._accum_steps.assign_add(1)

    def reset(self):
        if not self._gradients:
            return
        self._accum_steps.assign(0)
        for g in self._gradients:
            g.assign(tf.zeros_like(g))


def build_model(args):
    return tf.keras.Sequential([
        tf.keras.Input((args.dim,)),
        tf.keras.layers.Dense(args.hidden, activation="relu"),
        tf.keras.layers.Dense(1),
    ])


def forward_backward(model, x, y, scale):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(x, training=True) - y)) * scale
    return loss, tape.gradient(loss, model.trainable_variables)


def sgd_apply(variables, grads, lr, max_norm):
    grads, norm = tf.clip_by_global_norm(grads, max_norm)
    for v, g in zip(variables, grads):
        v.assign_sub(lr * g)
    return norm


def accumulate_in_list(model, batches):
    """The version without variables."""
    total = None
    for x, y in batches:
        _, grads = forward_backward(model, x, y, 1.0 / len(batches))
        total = grads if total is None else [a + b for a, b in zip(total, grads)]
    return total


class Trainer:
    def __init__(self, model, args):
        self.model, self.args = model, args
        self.accumulator = GradientAccumulator()
        self.micro_step = 0
        self.updates = 0
        self.lr = args.lr

    def micro_batch(self, x, y):
        loss, grads = forward_backward(self.model, x, y, 1.0 / self.args.accum)
        self.accumulator(grads)
        self.micro_step += 1
        if self.micro_step % self.args.accum == 0:
            self.apply()
        return loss

    def apply(self):
        norm = sgd_apply(self.model.trainable_variables, self.accumulator.gradients, self.lr, 1.0)
        self.accumulator.reset()
        self.updates += 1
        self.lr *= self.args.decay
        if self.args.verbose:
            print("update", self.updates, "norm", round(float(norm), 4), "lr", round(self.lr, 4))


def dynamic_loss_scale(grads, scale, good_steps, growth=3):
    finite = all(bool(tf.reduce_all(tf.math.is_finite(g))) for g in grads)
    if not finite:
        return max(1.0, scale / 2), 0
    good_steps += 1
    if good_steps % growth == 0:
        scale *= 2
    return scale, good_steps


def parse_args(argv):
    p = argparse.ArgumentParser()
    p.add_argument("--dim", type=int, default=3)
    p.add_argument("--hidden", type=int, default=6)
    p.add_argument("--accum", type=int, default=2)
    p.add_argument("--lr", type=float, default=0.1)
    p.add_argument("--decay", type=float, default=0.9)
    p.add_argument("--verbose", action="store_true")
    return p.parse_args(argv)


def main():
    args = parse_args(["--verbose"])
    tf.keras.utils.set_random_seed(1)
    model = build_model(args)
    trainer = Trainer(model, args)
    data = []
    for i in range(6):
        x = tf.random.stateless_normal([4, args.dim], [i, 1])
        data.append((x, tf.reduce_sum(x, 1, keepdims=True)))
    for x, y in data:
        print("loss", trainer.micro_batch(x, y).numpy().round(4), int(trainer.accumulator.step))
    scale, good = 8.0, 0
    for k in (1, 2, 3):
        grads = accumulate_in_list(model, data[:k])
        print(tf.linalg.global_norm(grads).numpy().round(4))
        scale, good = dynamic_loss_scale(grads, scale, good)
    print(dynamic_loss_scale([tf.constant([float("inf")])], scale, good), scale, good)
    print(SimpleNamespace(updates=trainer.updates, micro=trainer.micro_step))


if __name__ == "__main__":
    main()
