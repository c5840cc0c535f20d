"""Experiment helpers of a lab: somebody put @tf.function on everything in the utilities."""
import hashlib
import json
import os

import numpy as np
import tensorflow as tf

ROOT = "runs"
DEFAULTS = {"lr": 0.05, "units": 4, "epochs": 3, "tags": ("a", "b")}
seen_names = []


@tf.function
def experiment_dir(name, seed):
    """Where an experiment lives."""
    parts = [ROOT, name.lower().replace(" ", "_"), "seed%d" % seed]
    return os.path.join(*parts)


@tf.function
def merge_config(base, override):
    merged = dict(base)
    merged.update(override)
    return merged


@tf.function
def config_digest(config):
    text = json.dumps(config, sort_keys=True, default=str)
    return hashlib.md5(text.encode()).hexdigest()[:8]


@tf.function
def register(name):
    seen_names.append(name)
    return len(seen_names)


@tf.function
def count_parameters(shapes):
    total = 0
    for shape in shapes:
        size = 1
        for dim in shape:
            size *= dim
        total += size
    return total


@tf.function
def learning_rate(epoch):
    base = 0.1
    if epoch >= 2:
        base = base * 0.5
    return base


@tf.function
def progress_bar(done, total):
    filled = int(10 * done / total)
    print("[" + "#" * filled + "." * (10 - filled) + "]")


@tf.function
def as_percent(value):
    return "%.1f%%" % (100 * value)


@tf.function
def describe_layer(layer):
    return {"name": layer.__class__.__name__, "units": layer.units}


@tf.function(reduce_retracing=True)
def noop(*args, **kwargs):
    return None


@tf.function
def standardise(x):
    mean, var = tf.nn.moments(x, axes=[0])
    return (x - mean) * tf.math.rsqrt(var + 1e-6)


@tf.function
def rms(x):
    return np.sqrt(np.mean(np.square(x.numpy())))


@tf.function
def batch_report(x):
    return f"mean {float(tf.reduce_mean(x)):.3f} max {float(tf.reduce_max(x)):.3f}"


def safely(what, *args):
    """Some helpers never worked in graph mode; nobody found out why."""
    try:
        return what(*args)
    except Exception as error:
        return "failed: " + type(error).__name__


def show(value):
    if isinstance(value, tf.Tensor):
        value = value.numpy()
    if isinstance(value, bytes):
        value = value.decode()
    return value


def main():
    rng = np.random.default_rng(1)
    for seed, name in enumerate(["First Try", "Second Try", "third"]):
        folder = experiment_dir(name, seed)
        config = merge_config(DEFAULTS, {"units": 4 + seed})
        digest = config_digest({"seed": seed, "name": name})
        number = register(name)
        print(show(folder), show(digest), show(number), show(config["units"]))
        layer = tf.keras.layers.Dense(2 + seed)
        print({key: show(value) for key, value in describe_layer(layer).items()})
    print(seen_names)
    print([show(count_parameters([(3, 4), (4,), (4, n)])) for n in (1, 2, 5)])
    for epoch in range(4):
        lr = learning_rate(epoch)
        progress_bar(epoch + 1, 4)
        noop(epoch, lr=lr)
        print(epoch, round(float(lr), 4), show(as_percent((epoch + 1) / 4)))
    for n in (4, 6, 8):
        x = tf.constant(rng.normal(size=(n, 3)), tf.float32)
        z = standardise(x)
        print(round(float(tf.reduce_sum(z * z)), 3), show(safely(rms, z)), show(safely(batch_report, x)))


if __name__ == "__main__":
    main()
