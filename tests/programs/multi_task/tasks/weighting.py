import tensorflow as tf


class Uncertainty(tf.Module):
    """Kendall et al.: a learned variance for each task."""

    def __init__(self, names):
        super().__init__()
        self.log_var = {name: tf.Variable(0.0) for name in names}

    def __call__(self, parts):
        total = 0.0
        for name, loss in parts.items():
            s = self.log_var[name]
            total += tf.exp(-s) * loss + 0.5 * s
        return total


def softmax_weights(parts, temperature):
    names = list(parts)
    weights = tf.nn.softmax(tf.stack([parts[name] for name in names]) / temperature)
    return dict(zip(names, tf.unstack(weights)))
