import tensorflow as tf

from ..registry import register


@register("convnet")
class ConvNet(tf.Module):
    def __init__(self, cfg, inputs, classes):
        super().__init__(name="convnet")
        self.kernel = tf.Variable(tf.random.stateless_normal([3, 1, cfg.hidden], [1, 1]) * 0.3)
        self.w = tf.Variable(tf.random.stateless_normal([cfg.hidden, classes], [1, 2]) * 0.3)

    def __call__(self, x, training=False):
        h = tf.nn.conv1d(x[..., tf.newaxis], self.kernel, stride=1, padding="SAME")
        h = tf.reduce_max(tf.nn.relu(h), axis=1)
        return h @ self.w
