"""Denoising diffusion on 2-d points (DDPM and DDIM sampling)."""
import math

import numpy as np
import tensorflow as tf
from tensorflow import keras


class GaussianDiffusion:
    """Precomputes in float64 NumPy, keeps float32 constants."""

    def __init__(self, beta_start=1e-4, beta_end=0.2, timesteps=8):
        self.timesteps = timesteps
        self.betas = betas = np.linspace(beta_start, beta_end, timesteps, dtype=np.float64)
        alphas = 1.0 - betas
        alphas_cumprod = np.cumprod(alphas, axis=0)
        alphas_cumprod_prev = np.append(1.0, alphas_cumprod[:-1])
        self.alphas_cumprod = tf.constant(alphas_cumprod, dtype=tf.float32)
        self.sqrt_alphas_cumprod = tf.constant(np.sqrt(alphas_cumprod), dtype=tf.float32)
        self.sqrt_one_minus_alphas_cumprod = tf.constant(np.sqrt(1.0 - alphas_cumprod), dtype=tf.float32)
        posterior_variance = betas * (1.0 - alphas_cumprod_prev) / (1.0 - alphas_cumprod)
        self.posterior_log_variance_clipped = tf.constant(
            np.log(np.maximum(posterior_variance, 1e-20)), dtype=tf.float32)
        self.coef1 = tf.constant(betas * np.sqrt(alphas_cumprod_prev) / (1.0 - alphas_cumprod), dtype=tf.float32)
        self.coef2 = tf.constant((1.0 - alphas_cumprod_prev) * np.sqrt(alphas) / (1.0 - alphas_cumprod),
                                 dtype=tf.float32)

    def _extract(self, a, t, x_shape):
        batch_size = x_shape[0]
        out = tf.gather(a, t)
        return tf.reshape(out, [batch_size, 1])

    def q_sample(self, x_start, t, noise):
        x_start_shape = tf.shape(x_start)
        return (self._extract(self.sqrt_alphas_cumprod, t, x_start_shape) * x_start
                + self._extract(self.sqrt_one_minus_alphas_cumprod, t, x_start_shape) * noise)

    def predict_start_from_noise(self, x_t, t, noise):
        s = tf.shape(x_t)
        return (x_t - self._extract(self.sqrt_one_minus_alphas_cumprod, t, s) * noise) / self._extract(
            self.sqrt_alphas_cumprod, t, s)

    def p_sample(self, pred_noise, x, t, noise, clip=3.0):
        s = tf.shape(x)
        x0 = tf.clip_by_value(self.predict_start_from_noise(x, t, pred_noise), -clip, clip)
        mean = self._extract(self.coef1, t, s) * x0 + self._extract(self.coef2, t, s) * x
        log_var = self._extract(self.posterior_log_variance_clipped, t, s)
        nonzero = tf.reshape(1.0 - tf.cast(tf.equal(t, 0), tf.float32), [s[0], 1])
        return mean + nonzero * tf.exp(0.5 * log_var) * noise


def time_embedding(t, dim=8):
    half = dim // 2
    freqs = tf.exp(-math.log(10000.0) * tf.range(half, dtype=tf.float32) / (half - 1))
    arg = tf.cast(t, tf.float32)[:, None] * freqs[None]
    return tf.concat([tf.sin(arg), tf.cos(arg)], axis=-1)


class Denoiser(keras.Model):
    def __init__(self, width=16):
        super().__init__()
        self.d1 = keras.layers.Dense(width, activation="silu")
        self.d2 = keras.layers.Dense(width, activation="silu")
        self.out = keras.layers.Dense(2)

    def call(self, x, t):
        h = tf.concat([x, time_embedding(t)], axis=-1)
        return self.out(self.d2(self.d1(h)))


class Diffuser:
    def __init__(self, net, gd, ema=0.9, lr=5e-3):
        self.net, self.gd, self.ema = net, gd, ema
        self.opt = keras.optimizers.Adam(lr)
        self.shadow = None

    def train_step(self, x, seed):
        n = tf.shape(x)[0]
        t = tf.random.stateless_uniform([n], seed, maxval=self.gd.timesteps, dtype=tf.int32)
        noise = tf.random.stateless_normal(tf.shape(x), seed + 1)
        with tf.GradientTape() as tape:
            x_t = self.gd.q_sample(x, t, noise)
            loss = tf.reduce_mean(tf.square(noise - self.net(x_t, t)))
        w = self.net.trainable_weights
        self.opt.apply_gradients(zip(tape.gradient(loss, w), w))
        return loss

    def update_ema(self):
        if self.shadow is None:
            self.shadow = [w.numpy() for w in self.net.weights]
        for i, w in enumerate(self.net.weights):
            self.shadow[i] = self.ema * self.shadow[i] + (1 - self.ema) * w.numpy()

    def sample(self, n, seed):
        x = tf.random.stateless_normal([n, 2], [seed, 0])
        for step in reversed(range(self.gd.timesteps)):
            t = tf.fill([n], step)
            noise = tf.random.stateless_normal([n, 2], [seed, step + 1])
            x = self.gd.p_sample(self.net(x, t), x, t, noise)
        return x

    def ddim(self, n, seed, stride=2):
        x = tf.random.stateless_normal([n, 2], [seed, 0])
        a = self.gd.alphas_cumprod
        steps = list(range(0, self.gd.timesteps, stride))
        for i, step in reversed(list(enumerate(steps))):
            eps = self.net(x, tf.fill([n], step))
            x0 = (x - tf.sqrt(1 - a[step]) * eps) / tf.sqrt(a[step])
            if i == 0:
                x = x0
            else:
                prev = a[steps[i - 1]]
                x = tf.sqrt(prev) * x0 + tf.sqrt(1 - prev) * eps
        return x


def two_moons(n, seed):
    rng = np.random.RandomState(seed)
    th = rng.rand(n) * np.pi
    side = rng.rand(n) > 0.5
    x = np.stack([np.cos(th) - 0.5 * side, np.where(side, -1, 1) * np.sin(th) + 0.25 * side], 1)
    return tf.constant(x + 0.05 * rng.randn(n, 2), tf.float32)


def main():
    keras.utils.set_random_seed(2)
    d = Diffuser(Denoiser(), GaussianDiffusion())
    for i in range(5):
        loss = d.train_step(two_moons(16, i), tf.constant([i, 0]))
        d.update_ema()
        print("loss", loss.numpy().round(4))
    for seed, n in enumerate((4, 4, 6)):
        print(d.sample(n, seed).numpy().mean(0).round(3), d.ddim(n, seed, 2 + seed).numpy().mean(0).round(3))
    print(np.round([float(s.mean()) for s in d.shadow], 4))


if __name__ == "__main__":
    main()
