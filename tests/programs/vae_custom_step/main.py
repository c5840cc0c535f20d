import os

import numpy as np
import tensorflow as tf
import keras
from keras import layers, ops


class Sampling(layers.Layer):
    """Uses (z_mean, z_log_var) to sample z, the vector encoding a digit."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs):
        z_mean, z_log_var = inputs
        batch = ops.shape(z_mean)[0]
        dim = ops.shape(z_mean)[1]
        epsilon = keras.random.normal(shape=(batch, dim), seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon


def build_encoder(latent_dim, input_dim=16):
    encoder_inputs = keras.Input(shape=(input_dim,))
    x = layers.Dense(12, activation="relu")(encoder_inputs)
    z_mean = layers.Dense(latent_dim, name="z_mean")(x)
    z_log_var = layers.Dense(latent_dim, name="z_log_var")(x)
    z = Sampling()([z_mean, z_log_var])
    return keras.Model(encoder_inputs, [z_mean, z_log_var, z], name="encoder")


def build_decoder(latent_dim, output_dim=16):
    latent_inputs = keras.Input(shape=(latent_dim,))
    x = layers.Dense(12, activation="relu")(latent_inputs)
    out = layers.Dense(output_dim, activation="sigmoid")(x)
    return keras.Model(latent_inputs, out, name="decoder")


class VAE(keras.Model):
    def __init__(self, encoder, decoder, beta=1.0, **kwargs):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.decoder = decoder
        self.beta = beta
        self.total_loss_tracker = keras.metrics.Mean(name="total_loss")
        self.reconstruction_loss_tracker = keras.metrics.Mean(name="reconstruction_loss")
        self.kl_loss_tracker = keras.metrics.Mean(name="kl_loss")

    @property
    def metrics(self):
        return [self.total_loss_tracker, self.reconstruction_loss_tracker, self.kl_loss_tracker]

    def kl_divergence(self, z_mean, z_log_var):
        kl = -0.5 * (1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var))
        return ops.mean(ops.sum(kl, axis=1))

    def train_step(self, data):
        with tf.GradientTape() as tape:
            z_mean, z_log_var, z = self.encoder(data)
            reconstruction = self.decoder(z)
            reconstruction_loss = ops.mean(
                ops.sum(keras.losses.binary_crossentropy(data[..., None], reconstruction[..., None]), axis=1)
            )
            kl_loss = self.kl_divergence(z_mean, z_log_var)
            total_loss = reconstruction_loss + self.beta * kl_loss
        grads = tape.gradient(total_loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(grads, self.trainable_weights))
        self.total_loss_tracker.update_state(total_loss)
        self.reconstruction_loss_tracker.update_state(reconstruction_loss)
        self.kl_loss_tracker.update_state(kl_loss)
        return {m.name: m.result() for m in self.metrics}

    def call(self, x):
        return self.decoder(self.encoder(x)[0])


class BetaWarmup(keras.callbacks.Callback):
    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.model.beta = min(1.0, (epoch + 1) / self.epochs)


def plot_latent_grid(decoder, n=3, scale=1.0):
    """Text stand-in for the usual figure."""
    grid_x = np.linspace(-scale, scale, n)
    rows = []
    for yi in grid_x:
        z = np.array([[xi, yi] for xi in grid_x], dtype="float32")
        rows.append(ops.convert_to_numpy(decoder(z)).mean(axis=1).round(3))
    return np.stack(rows)


def importance_log_likelihood(vae, x, k, seed):
    mu, logvar, _ = vae.encoder(x)
    eps = tf.random.stateless_normal([k, x.shape[0], mu.shape[1]], [seed, 7])
    z = mu + tf.exp(0.5 * logvar) * eps
    flat = tf.reshape(z, [-1, mu.shape[1]])
    probs = tf.reshape(vae.decoder(flat), [k, x.shape[0], -1])
    log_px = tf.reduce_sum(x * tf.math.log(probs + 1e-7) + (1 - x) * tf.math.log(1 - probs + 1e-7), -1)
    log_pz = -0.5 * tf.reduce_sum(z ** 2, -1)
    log_qz = -0.5 * tf.reduce_sum(eps ** 2 + logvar, -1)
    w = log_px + log_pz - log_qz
    return tf.reduce_mean(tf.reduce_logsumexp(w, axis=0) - tf.math.log(float(k)))


def main():
    keras.utils.set_random_seed(5)
    x = (np.random.RandomState(0).rand(32, 16) > 0.6).astype("float32")
    vae = VAE(build_encoder(2), build_decoder(2))
    vae.compile(optimizer=keras.optimizers.Adam(0.01))
    hist = vae.fit(x, epochs=3, batch_size=8, verbose=0, shuffle=False, callbacks=[BetaWarmup(3)])
    print({k: [round(float(u), 3) for u in v] for k, v in hist.history.items()})
    for s in range(3):
        print(importance_log_likelihood(vae, tf.constant(x[: 4 + s]), 5, s).numpy().round(3))
        print(plot_latent_grid(vae.decoder, 3, 1.0 + s))
    print(vae(x[:3]).shape)


if __name__ == "__main__":
    main()
