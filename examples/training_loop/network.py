"""A small regression network written with plain TensorFlow variables."""

import tensorflow as tf


class Network(tf.Module):
    def __init__(self, units=(32, 32, 1), inputs=4):
        super().__init__()
        tf.random.set_seed(7)
        self.weights, self.biases = [], []
        for size in units:
            self.weights.append(tf.Variable(tf.random.normal([inputs, size], stddev=inputs**-0.5)))
            self.biases.append(tf.Variable(tf.zeros([size])))
            inputs = size

    def __call__(self, x):
        for weight, bias in zip(self.weights[:-1], self.biases[:-1]):
            x = tf.nn.tanh(tf.matmul(x, weight) + bias)
        return tf.matmul(x, self.weights[-1]) + self.biases[-1]


def squared_error(target, prediction):
    return tf.reduce_mean(tf.square(target - prediction))


def softened(logits, temperature):
    """Probabilities between all that is likely (a low temperature) and all alike (a high one)."""
    shifted = logits - tf.reduce_max(logits)
    weights = tf.exp(shifted / temperature)
    probabilities = weights / tf.reduce_sum(weights)
    entropy = -tf.reduce_sum(probabilities * tf.math.log(probabilities + 1e-9))
    return probabilities, entropy
