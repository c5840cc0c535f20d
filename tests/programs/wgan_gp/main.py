"""WGAN-GP with an overridden train_step, and the same loop by hand."""
import os

import tensorflow as tf
from tensorflow import keras


def critic_net(dim):
    return keras.Sequential([keras.Input((dim,)), keras.layers.Dense(12), keras.layers.LeakyReLU(),
                             keras.layers.Dense(1)])


def generator_net(latent, dim):
    return keras.Sequential([keras.Input((latent,)), keras.layers.Dense(12, activation='relu'),
                             keras.layers.Dense(dim)])


def discriminator_loss(real_img, fake_img):
    real_loss = tf.reduce_mean(real_img)
    fake_loss = tf.reduce_mean(fake_img)
    return fake_loss - real_loss


def generator_loss(fake_img):
    return -tf.reduce_mean(fake_img)


class WGAN(keras.Model):
    def __init__(self, discriminator, generator, latent_dim, discriminator_extra_steps=2, gp_weight=10.0):
        super().__init__()
        self.discriminator = discriminator
        self.generator = generator
        self.latent_dim = latent_dim
        self.d_steps = discriminator_extra_steps
        self.gp_weight = gp_weight

    def compile(self, d_optimizer, g_optimizer, d_loss_fn, g_loss_fn):
        super().compile()
        self.d_optimizer = d_optimizer
        self.g_optimizer = g_optimizer
        self.d_loss_fn = d_loss_fn
        self.g_loss_fn = g_loss_fn

    def gradient_penalty(self, batch_size, real, fake):
        alpha = tf.random.uniform([batch_size, 1], 0.0, 1.0)
        diff = fake - real
        interpolated = real + alpha * diff
        with tf.GradientTape() as gp_tape:
            gp_tape.watch(interpolated)
            pred = self.discriminator(interpolated, training=True)
        grads = gp_tape.gradient(pred, [interpolated])[0]
        norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1]) + 1e-12)
        return tf.reduce_mean((norm - 1.0) ** 2)

    def train_step(self, real):
        if isinstance(real, tuple):
            real = real[0]
        batch_size = tf.shape(real)[0]
        for i in range(self.d_steps):
            z = tf.random.normal(shape=(batch_size, self.latent_dim))
            with tf.GradientTape() as tape:
                fake = self.generator(z, training=True)
                d_cost = self.d_loss_fn(real_img=self.discriminator(real, training=True),
                                        fake_img=self.discriminator(fake, training=True))
                gp = self.gradient_penalty(batch_size, real, fake)
                d_loss = d_cost + gp * self.gp_weight
            d_gradient = tape.gradient(d_loss, self.discriminator.trainable_variables)
            self.d_optimizer.apply_gradients(zip(d_gradient, self.discriminator.trainable_variables))

        z = tf.random.normal(shape=(batch_size, self.latent_dim))
        with tf.GradientTape() as tape:
            g_loss = self.g_loss_fn(self.discriminator(self.generator(z, training=True), training=True))
        gen_gradient = tape.gradient(g_loss, self.generator.trainable_variables)
        self.g_optimizer.apply_gradients(zip(gen_gradient, self.generator.trainable_variables))
        return {"d_loss": d_loss, "g_loss": g_loss}


class GANMonitor(keras.callbacks.Callback):
    def __init__(self, latent_dim, out_dir):
        super().__init__()
        self.latent = tf.random.stateless_normal([4, latent_dim], [0, 1])
        self.out_dir = out_dir

    def on_epoch_end(self, epoch, logs=None):
        samples = self.model.generator(self.latent)
        os.makedirs(self.out_dir, exist_ok=True)
        with open(os.path.join(self.out_dir, "samples_%d.txt" % epoch), "w") as f:
            f.write("\n".join(" ".join("%.3f" % v for v in row) for row in samples.numpy()))


def wasserstein_1d(a, b):
    return tf.reduce_mean(tf.abs(tf.sort(a) - tf.sort(b)))


def sliced_wasserstein(x, y, n_proj, seed):
    d = x.shape[1]
    theta = tf.math.l2_normalize(tf.random.stateless_normal([d, n_proj], [seed, 0]), axis=0)
    px, py = tf.sort(x @ theta, axis=0), tf.sort(y @ theta, axis=0)
    return float(tf.reduce_mean(tf.abs(px - py)))


@tf.function
def manual_critic_step(wgan, real, lr):
    fake = wgan.generator(tf.random.normal([real.shape[0], wgan.latent_dim]))
    with tf.GradientTape() as tape:
        loss = discriminator_loss(wgan.discriminator(real), wgan.discriminator(fake))
    weights = wgan.discriminator.trainable_variables
    for w, g in zip(weights, tape.gradient(loss, weights)):
        if g is not None:
            w.assign_sub(lr * g)
    return loss


def real_data(n, seed):
    x = tf.random.stateless_normal([n, 2], [seed, 5])
    return tf.stack([x[:, 0] + 2.0, 0.5 * x[:, 1] + x[:, 0] ** 2 / 4], axis=1)


def main():
    keras.utils.set_random_seed(8)
    wgan = WGAN(critic_net(2), generator_net(3, 2), latent_dim=3)
    wgan.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01), discriminator_loss, generator_loss)
    wgan.fit(real_data(16, 0), batch_size=8, epochs=2, verbose=0, shuffle=False, callbacks=[GANMonitor(3, "gan_out")])
    print(sorted(os.listdir("gan_out")))
    for i, lr in enumerate((0.01, 0.005, 0.001)):
        manual_critic_step(wgan, real_data(8, i), lr)
        real, fake = real_data(8, i), wgan.generator(tf.random.stateless_normal([8, 3], [i, 9]))
        print(bool(tf.math.is_finite(wgan.gradient_penalty(8, real, fake))),
              fake.shape, wasserstein_1d(real[:, 0], real[:, 1]).numpy().round(4),
              round(sliced_wasserstein(real, real + 0.1 * i, 3 + i, i), 4))


if __name__ == "__main__":
    main()
