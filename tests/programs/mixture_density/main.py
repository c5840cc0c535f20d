import tensorflow as tf, math
from tensorflow import keras as k


class MDN(k.layers.Layer):
  def __init__(self, output_dim, num_mixtures, **kw):
    super().__init__(**kw)
    self.output_dim = output_dim
    self.num_mix = num_mixtures
    self.mdn_mus = k.layers.Dense(num_mixtures * output_dim)
    self.mdn_sigmas = k.layers.Dense(num_mixtures * output_dim, activation=lambda x: tf.nn.elu(x) + 1.0 + 1e-3)
    self.mdn_pi = k.layers.Dense(num_mixtures)

  def build(self, input_shape):
    self.mdn_mus.build(input_shape)
    self.mdn_sigmas.build(input_shape)
    self.mdn_pi.build(input_shape)
    super().build(input_shape)

  def call(self, x):
    return tf.concat([self.mdn_mus(x), self.mdn_sigmas(x), self.mdn_pi(x)], -1)


def split_params(y, output_dim, num_mix):
  n = output_dim * num_mix
  mus, sigmas, pi = tf.split(y, [n, n, num_mix], axis=-1)
  shape = [-1, num_mix, output_dim]
  return tf.reshape(mus, shape), tf.reshape(sigmas, shape), pi


def get_mixture_loss_func(output_dim, num_mixes):
  def mdn_loss_func(y_true, y_pred):
    mus, sigs, pi = split_params(y_pred, output_dim, num_mixes)
    z = (y_true[:, None, :] - mus) / sigs
    comp = -0.5 * tf.reduce_sum(z ** 2 + 2 * tf.math.log(sigs) + math.log(2 * math.pi), -1)
    return -tf.reduce_mean(tf.reduce_logsumexp(tf.nn.log_softmax(pi) + comp, -1))
  return mdn_loss_func


def softmax(w, t=1.0):
  e = [math.exp(x / t) for x in w]
  s = sum(e)
  return [x / s for x in e]


def sample_from_categorical(dist, r):
  acc = 0.0
  for i, x in enumerate(dist):
    acc += x
    if acc >= r:
      return i
  return len(dist) - 1


def sample_from_output(params, output_dim, num_mixes, r, temp=1.0):
  mus, sigs, pi = split_params(params[None], output_dim, num_mixes)
  m = sample_from_categorical(softmax(pi.numpy()[0], t=temp), r)
  eps = tf.random.stateless_normal([output_dim], [int(r * 1000), 1])
  return mus[0, m] + math.sqrt(temp) * sigs[0, m] * eps


def mixture_moments(params, output_dim, num_mixes):
  mus, sigs, pi = split_params(params, output_dim, num_mixes)
  w = tf.nn.softmax(pi)[..., None]
  mean = tf.reduce_sum(w * mus, 1)
  second = tf.reduce_sum(w * (sigs ** 2 + mus ** 2), 1)
  return mean, second - mean ** 2


def mode(params, output_dim, num_mixes):
  mus, sigs, pi = split_params(params, output_dim, num_mixes)
  height = tf.nn.log_softmax(pi) - tf.reduce_sum(tf.math.log(sigs), -1)
  return tf.gather(mus, tf.argmax(height, -1), batch_dims=1)


def crps_gaussian(y, mu, sigma):
  z = (y - mu) / sigma
  pdf = tf.exp(-0.5 * z ** 2) / math.sqrt(2 * math.pi)
  cdf = 0.5 * (1 + tf.math.erf(z / math.sqrt(2.)))
  return sigma * (z * (2 * cdf - 1) + 2 * pdf - 1 / math.sqrt(math.pi))


class Schedule:
  def __init__(self, base):
    self.base, self.step = base, 0

  def next(self):
    self.step += 1
    return self.base / math.sqrt(self.step)


def fit(model, loss_fn, x, y, schedule, steps):
  best, snapshot = None, None
  for _ in range(steps):
    with tf.GradientTape() as tape:
      loss = loss_fn(y, model(x))
    grads = tape.gradient(loss, model.trainable_variables)
    lr = schedule.next()
    for v, g in zip(model.trainable_variables, grads):
      v.assign_sub(lr * tf.clip_by_norm(g, 1.0))
    if best is None or loss < best:
      best, snapshot = loss, model.get_weights()
  model.set_weights(snapshot)
  return float(best)


def main():
  k.utils.set_random_seed(33)
  y = tf.random.stateless_uniform([24, 1], [1, 2], -1., 1.)
  x = y + 0.3 * tf.sin(2 * math.pi * y) + 0.05 * tf.random.stateless_normal([24, 1], [1, 3])
  for mixes in (1, 2, 3):
    model = k.Sequential([k.Input((1,)), k.layers.Dense(8, activation='tanh'), MDN(1, mixes)])
    loss_fn = get_mixture_loss_func(1, mixes)
    print(mixes, round(fit(model, loss_fn, x, y, Schedule(0.2), 4), 4))
    p = model(x[:3])
    mean, var = mixture_moments(p, 1, mixes)
    print(mean.numpy()[:, 0].round(3), var.numpy()[:, 0].round(3), mode(p, 1, mixes).numpy()[:, 0].round(3))
    print(crps_gaussian(y[:3], mean, tf.sqrt(var)).numpy()[:, 0].round(3),
          [sample_from_output(p[0], 1, mixes, r, 0.5 + r).numpy().round(3)[0] for r in (.1, .5, .9)])


if __name__ == '__main__':
  main()
