"""A bag of custom layers collected over the years."""
import tensorflow as tf
from tensorflow.keras import layers


class Linear(layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)

    def call(self, inputs):
        return tf.matmul(inputs, self.w) + self.b

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})
        return config


class MLPBlock(layers.Layer):
    """Sublayers come to life on the first call."""

    def __init__(self):
        super().__init__()
        self.linear_1 = Linear(8)
        self.linear_2 = Linear(8)
        self.linear_3 = Linear(1)

    @tf.function
    def call(self, inputs):
        x = self.linear_1(inputs)
        x = tf.nn.relu(x)
        x = self.linear_2(x)
        x = tf.nn.relu(x)
        return self.linear_3(x)


class BuiltMLP(layers.Layer):
    def __init__(self, width):
        super().__init__()
        self.dense_1 = layers.Dense(width)
        self.dense_2 = layers.Dense(1)

    def build(self, input_shape):
        self.dense_1.build(input_shape)
        self.dense_2.build((input_shape[0], self.dense_1.units))
        self.built = True

    @tf.function
    def call(self, inputs):
        return self.dense_2(tf.nn.gelu(self.dense_1(inputs)))


class ActivityRegularizationLayer(layers.Layer):
    def __init__(self, rate=1e-2):
        super().__init__()
        self.rate = rate

    def call(self, inputs):
        self.add_loss(self.rate * tf.reduce_mean(tf.square(inputs)))
        return inputs


class SqueezeExcite(layers.Layer):
    def __init__(self, ratio=2):
        super().__init__()
        self.ratio = ratio

    def build(self, input_shape):
        c = input_shape[-1]
        self.squeeze = layers.Dense(max(1, c // self.ratio), activation="relu")
        self.excite = layers.Dense(c, activation="sigmoid")
        self.squeeze.build((None, c))
        self.excite.build((None, max(1, c // self.ratio)))

    def call(self, x):
        s = tf.reduce_mean(x, axis=[1, 2])
        s = self.excite(self.squeeze(s))
        return x * s[:, tf.newaxis, tf.newaxis, :]


class ComputeSum(layers.Layer):
    def __init__(self, input_dim):
        super().__init__()
        self.total = self.add_weight(shape=(input_dim,), initializer="zeros", trainable=False)
        self.seen = 0

    def call(self, inputs):
        self.seen += 1
        self.total.assign_add(tf.reduce_sum(inputs, axis=0))
        return self.total


class GatedLinear(layers.Layer):
    def __init__(self, units, gate=True):
        super().__init__()
        self.gate = gate
        self.a = Linear(units)
        self.g = Linear(units)

    def call(self, x, training=None):
        h = self.a(x)
        if self.gate:
            h = h * tf.sigmoid(self.g(x))
        if training:
            h = h + 0.01
        return h


class PatchEmbed(layers.Layer):
    def __init__(self, patch, dim):
        super().__init__()
        self.patch = patch
        self.proj = layers.Dense(dim)

    def call(self, images):
        b = tf.shape(images)[0]
        p = tf.image.extract_patches(images, [1, self.patch, self.patch, 1], [1, self.patch, self.patch, 1],
                                     [1, 1, 1, 1], "VALID")
        p = tf.reshape(p, [b, -1, p.shape[-1]])
        return self.proj(p)


class Model(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.embed = PatchEmbed(2, 6)
        self.gated = GatedLinear(4)
        self.reg = ActivityRegularizationLayer()
        self.out = layers.Dense(2)

    def encode(self, images):
        tokens = self.embed(images)
        return tf.reduce_mean(tokens, axis=1)

    def call(self, images, training=None):
        h = self.gated(self.encode(images), training=training)
        return self.out(self.reg(h))


def sgd_step(layer, x, y, lr=0.1):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((layer(x) - y) ** 2)
    for g, v in zip(tape.gradient(loss, layer.trainable_variables), layer.trainable_variables):
        if g is not None:
            v.assign_sub(lr * g)
    return loss


def main():
    tf.keras.utils.set_random_seed(21)
    x = tf.random.stateless_normal([6, 3], [1, 1])
    y = tf.reduce_sum(x, axis=1, keepdims=True)
    mlp, built, lin = MLPBlock(), BuiltMLP(5), Linear(1)
    for i in range(3):
        print("mlp", sgd_step(mlp, x, y).numpy().round(4), "built", sgd_step(built, x, y).numpy().round(4),
              "linear", sgd_step(lin, x, y).numpy().round(4))
    summer = ComputeSum(3)
    for i in range(3):
        print("sum", summer(x[: i + 2]).numpy().round(3), summer.seen)
    imgs = tf.random.stateless_uniform([2, 4, 4, 3], [2, 2])
    model, se = Model(), SqueezeExcite()
    for training in (True, False, None):
        print(model(imgs, training=training).numpy().round(4)[0], [round(float(l), 6) for l in model.losses])
        print(se(imgs * (2.0 if training else 1.0)).shape)
    print(Linear.from_config(lin.get_config()).units)


if __name__ == "__main__":
    main()
