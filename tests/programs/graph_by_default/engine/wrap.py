"""The framework's own spelling of tf.function."""
import tensorflow as tf

OPTIONS = {"reduce_retracing": False}


def graph_mode(method):
    return tf.function(method, **OPTIONS)
