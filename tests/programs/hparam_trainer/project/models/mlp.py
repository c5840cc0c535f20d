import tensorflow as tf

from ..registry import register


@register("mlp")
class MLP(tf.Module):
    def __init__(self, cfg, inputs, classes):
        super().__init__(name="mlp")
        self.cfg = cfg
        rng = tf.random.Generator.from_seed(17)
        self.w1 = tf.Variable(rng.normal([inputs, cfg.hidden], stddev=0.3))
        self.w2 = tf.Variable(rng.normal([cfg.hidden, cfg.hidden], stddev=0.3))
        self.w3 = tf.Variable(rng.normal([cfg.hidden, classes], stddev=0.3))
        self.rng = tf.random.Generator.from_seed(3)

    def __call__(self, x, training=False):
        h = tf.nn.relu(tf.matmul(x, self.w1))
        g = tf.nn.relu(tf.matmul(h, self.w2))
        if self.cfg.residual:
            g = g + h
        if training and self.cfg.dropout > 0:
            keep = 1 - self.cfg.dropout
            g = g * tf.cast(self.rng.uniform(tf.shape(g)) < keep, tf.float32) / keep
        return tf.matmul(g, self.w3)
