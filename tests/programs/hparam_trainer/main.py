import itertools

import tensorflow as tf

import project.models  # noqa: F401  (registers the models)
from project.config import Config
from project.trainer import Trainer


def toy_batches(n, seed):
    out = []
    for i in range(n):
        x = tf.random.stateless_normal([8, 5], [seed, i])
        y = tf.argmax(x[:, :3], axis=1, output_type=tf.int32)
        out.append((x, y))
    return out


def sweep(base, **axes):
    names = list(axes)
    for values in itertools.product(*axes.values()):
        yield dict(zip(names, values)), base.replace(**dict(zip(names, values)))


def describe(point):
    return ", ".join(f"{k.split('__')[-1]}={v}" for k, v in point.items())


def main():
    batches = toy_batches(3, 1)
    (held_out,) = toy_batches(1, 2)
    grid = sweep(Config(), model__kind=["mlp", "convnet"], label_smoothing=[0.0, 0.1])
    for point, cfg in grid:
        logs = Trainer(cfg, 5, 3).fit(batches, held_out)
        print(describe(point), [round(l["loss"], 4) for l in logs], logs[-1]["acc"])
    try:
        Config().replace(model__depth=3)
    except KeyError as e:
        print("no such option:", e)


if __name__ == "__main__":
    main()
