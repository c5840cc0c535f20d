"""A small CycleGAN on toy images. The steps are graphs; so are several things that should not be."""
import functools
import random

import numpy as np
import tensorflow as tf
from tensorflow import keras

LAMBDA = 10.0
compiled = functools.partial(tf.function, reduce_retracing=True)
bce = keras.losses.BinaryCrossentropy(from_logits=True)


class ImagePool:
    """History of generated images (Shrivastava et al.)."""

    def __init__(self, size):
        self.size = size
        self.images = []

    @tf.function
    def query(self, images):
        out = []
        for image in tf.unstack(images):
            if len(self.images) < self.size:
                self.images.append(image)
                out.append(image)
            elif random.random() > 0.5:
                i = random.randrange(self.size)
                out.append(self.images[i])
                self.images[i] = image
            else:
                out.append(image)
        return tf.stack(out)


def conv(filters, strides=1):
    return keras.layers.Conv2D(filters, 3, strides, padding="same")


def make_generator():
    return keras.Sequential([keras.Input((8, 8, 1)), conv(4), keras.layers.ReLU(), conv(1)])


def make_discriminator():
    return keras.Sequential([keras.Input((8, 8, 1)), conv(4, 2), keras.layers.LeakyReLU(0.2), keras.layers.Flatten(), keras.layers.Dense(1)])


@compiled
def generator_loss(fake_logits):
    return bce(tf.ones_like(fake_logits), fake_logits)


@compiled
def discriminator_loss(real_logits, fake_logits):
    return 0.5 * (bce(tf.ones_like(real_logits), real_logits) + bce(tf.zeros_like(fake_logits), fake_logits))


@tf.function
def cycle_loss(real, cycled, weight=LAMBDA):
    return weight * tf.reduce_mean(tf.abs(real - cycled))


class CycleGAN:
    def __init__(self):
        keras.utils.set_random_seed(3)
        self.g, self.f = make_generator(), make_generator()
        self.dx, self.dy = make_discriminator(), make_discriminator()
        self.opts = [keras.optimizers.Adam(1e-3) for _ in range(4)]
        self.pool = ImagePool(4)
        self.train_step = tf.function(self._train_step)
        self.summary = tf.function(self._summary)

    def _train_step(self, x, y):
        with tf.GradientTape(persistent=True) as tape:
            fake_y, fake_x = self.g(x), self.f(y)
            cyc = cycle_loss(x, self.f(fake_y)) + cycle_loss(y, self.g(fake_x))
            g_loss = generator_loss(self.dy(fake_y)) + cyc
            f_loss = generator_loss(self.dx(fake_x)) + cyc
            dx_loss = discriminator_loss(self.dx(x), self.dx(fake_x))
            dy_loss = discriminator_loss(self.dy(y), self.dy(fake_y))
        losses = (g_loss, f_loss, dx_loss, dy_loss)
        for net, loss, opt in zip((self.g, self.f, self.dx, self.dy), losses, self.opts):
            grads = tape.gradient(loss, net.trainable_variables)
            opt.apply_gradients(zip(grads, net.trainable_variables))
        return losses

    def _summary(self):
        return ", ".join("%s=%d" % (n, m.count_params()) for n, m in [("g", self.g), ("f", self.f), ("dx", self.dx), ("dy", self.dy)])


@tf.function
def linear_decay(epoch, total):
    start = total // 2
    if epoch < start:
        return 1.0
    return 1.0 - (epoch - start) / (total - start)


@tf.function(
    autograph=True,
    reduce_retracing=False,
)
def random_jitter(image, size):
    image = tf.image.resize(image, [size, size], method="nearest")
    return image[:, :8, :8]


def main():
    random.seed(0)
    rng = np.random.default_rng(0)
    gan = CycleGAN()
    for epoch in range(4):
        x = tf.constant(rng.normal(size=(2, 8, 8, 1)), tf.float32)
        y = tf.constant(rng.normal(size=(2, 8, 8, 1)), tf.float32)
        losses = gan.train_step(x, y)
        scale = float(linear_decay(epoch, 4))
        for opt in gan.opts:
            opt.learning_rate.assign(1e-3 * scale)
        print(epoch, ["%.3f" % float(v) for v in losses], round(scale, 3))
    for size in (8, 9, 10, 11):
        print(size, float(tf.reduce_sum(random_jitter(x, size))).__round__(3))
    text = gan.summary()
    print(text.numpy().decode() if hasattr(text, "numpy") else text)
    batch = tf.constant(rng.normal(size=(2, 8, 8, 1)), tf.float32)
    try:
        for _ in range(3):
            print(round(float(tf.reduce_sum(gan.pool.query(batch))), 3))
    except Exception as error:
        print("pool:", type(error).__name__)


if __name__ == "__main__":
    main()
