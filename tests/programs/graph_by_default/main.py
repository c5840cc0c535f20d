"""Entry point of a small training framework that decorates by default."""
import numpy as np
import tensorflow as tf

from engine import callbacks, losses, metrics
from engine.core import Engine, Schedule


def dataset(n, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)).astype("float32")
    y = (x @ np.array([[1.0], [-2.0], [0.5]], "float32") > 0).astype("float32")
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(4)


def main():
    engine = Engine(units=3, loss=losses.focal, schedule=Schedule(0.2, 0.5))
    history = callbacks.History()
    stopper = callbacks.Patience(2)
    for epoch in range(4):
        for x, y in dataset(10, epoch):
            loss = engine.step(x, y)
        rate = engine.schedule.at(epoch)
        engine.rate.assign(float(rate))
        score = metrics.f1(y, engine.predict(x))
        history.record(epoch, float(loss), float(score))
        print(callbacks.line(epoch, float(loss), float(score)), bool(stopper.should_stop(float(loss))))
    for k in (1, 2, 3):
        print(metrics.recall_at(tf.constant([[0.1, 0.9, 0.3], [0.4, 0.2, 0.5]]), tf.constant([1, 0]), k).numpy())
    print(history.best())
    print(losses.available())
    print(engine.describe())


if __name__ == "__main__":
    main()
