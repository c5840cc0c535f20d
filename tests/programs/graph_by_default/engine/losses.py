import tensorflow as tf

from .wrap import graph_mode

_REGISTRY = {}


def loss(fn):
    _REGISTRY[fn.__name__] = fn
    return fn


@loss
@graph_mode
def focal(y, logits, gamma=2.0):
    p = tf.sigmoid(logits)
    pt = tf.where(y > 0.5, p, 1 - p)
    return -tf.reduce_mean((1 - pt) ** gamma * tf.math.log(pt + 1e-7))


@loss
@tf.function
def hinge(y, logits):
    return tf.reduce_mean(tf.nn.relu(1.0 - (2 * y - 1) * logits))


@tf.function
def available():
    return sorted(name for name in ("focal", "hinge"))
