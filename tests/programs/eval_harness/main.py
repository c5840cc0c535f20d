import logging

import numpy as np
import tensorflow as tf

import evalkit
from evalkit import losses


class LinearClassifier:
    def __init__(self, d, k, seed):
        self.w = tf.random.stateless_normal([d, k], [seed, 1])

    def __call__(self, x):
        return x @ self.w


def dataset(seed, n=24):
    rng = np.random.RandomState(seed)
    x = rng.randn(n, 5).astype("float32")
    return tf.data.Dataset.from_tensor_slices((x, rng.randint(0, 3, n).astype("int64"))).batch(8)


def fmt(v):
    return np.round(np.asarray(v, dtype="float64"), 4).tolist()


def main():
    logging.getLogger("evalkit").setLevel(logging.ERROR)
    seen = []
    for seed in range(3):
        runner = evalkit.EvaluationRunner(
            LinearClassifier(5, 3, seed),
            [
                evalkit.Mean(losses.cross_entropy, "nll"),
                evalkit.Mean(losses.accuracy, "acc"),
                evalkit.Mean(losses.top_k_accuracy(2), "top2"),
                evalkit.Mean(losses.brier, "brier"),
                evalkit.ConfusionMatrix(3),
                evalkit.BootstrapCI(),
            ],
            max_batches=None if seed else 2,
        )

        @runner.register_hook
        def remember(labels, logits):
            seen.append(int(tf.argmax(logits[0])))

        for name, s in (("valid", 10), ("test", 11)):
            print(name, {k: fmt(v) for k, v in runner.run(dataset(s), name).items()})
        print(runner.events)
    x, y = next(iter(dataset(5)))
    for seed in range(3):
        logits = LinearClassifier(5, 3, seed)(x)
        print("ece", fmt(losses.expected_calibration_error(y, logits)), "T", round(losses.temperature_scale(logits, y), 4))
    print(seen)


if __name__ == "__main__":
    main()
