"""Shared trunk, several heads, uncertainty weights; everything is eager so far."""
import numpy as np
import tensorflow as tf

from tasks.heads import HEADS, build
from tasks.trainer import Trainer
from tasks.weighting import Uncertainty, softmax_weights


def batches(n, seed):
    rng = np.random.default_rng(seed)
    for _ in range(n):
        x = rng.normal(size=(6, 4)).astype("float32")
        yield tf.constant(x), {
            "value": tf.constant(x.sum(1, keepdims=True)),
            "sign": tf.constant((x[:, :1] > 0).astype("float32")),
            "rank": tf.constant(np.argsort(x[:, :3], 1)[:, 0].astype("int32")),
        }


def main():
    tf.keras.utils.set_random_seed(2)
    trainer = Trainer(build(sorted(HEADS)), Uncertainty(sorted(HEADS)))
    for epoch in range(3):
        for x, targets in batches(3, epoch):
            total, parts = trainer.step(x, targets)
        print(epoch, round(float(total), 4), {name: round(float(v), 3) for name, v in sorted(parts.items())})
        print(trainer.conflicts(x, targets))
        weights = softmax_weights(parts, temperature=1.0 + epoch)
        print({name: round(float(v), 3) for name, v in sorted(weights.items())})
    print(trainer.summary(), trainer.best)


if __name__ == "__main__":
    main()
