"""Recurrent cells written from the equations; character-level language model on a tiny text."""

import tensorflow as tf
import numpy as np


def glorot(shape, seed):
  limit = np.sqrt(6. / sum(shape))
  return tf.random.stateless_uniform(shape, [seed, len(shape)], -limit, limit)


class RNNCell(tf.Module):
  num_states = 1

  def __init__(self, inputs, units, seed=0):
    super().__init__()
    self.units = units
    self.W = tf.Variable(glorot([inputs, units], seed), name='W')
    self.U = tf.Variable(glorot([units, units], seed + 1), name='U')
    self.b = tf.Variable(tf.zeros([units]), name='b')

  def zero_state(self, batch):
    return [tf.zeros([batch, self.units]) for _ in range(self.num_states)]

  def __call__(self, x, states):
    h = tf.tanh(x @ self.W + states[0] @ self.U + self.b)
    return h, [h]


class LSTMCell(RNNCell):
  num_states = 2

  def __init__(self, inputs, units, seed=0, forget_bias=1.0):
    super().__init__(inputs, units, seed)
    self.W = tf.Variable(glorot([inputs, 4 * units], seed), name='W')
    self.U = tf.Variable(glorot([units, 4 * units], seed + 1), name='U')
    self.b = tf.Variable(tf.zeros([4 * units]), name='b')
    self.forget_bias = forget_bias

  def __call__(self, x, states):
    h, c = states
    z = tf.matmul(x, self.W) + tf.matmul(h, self.U) + self.b
    i, f, o, g = tf.split(z, 4, axis=1)
    c = tf.sigmoid(f + self.forget_bias) * c + tf.sigmoid(i) * tf.tanh(g)
    h = tf.sigmoid(o) * tf.tanh(c)
    return h, [h, c]


class GRUCell(RNNCell):
  def __init__(self, inputs, units, seed=0):
    super().__init__(inputs, units, seed)
    self.Wg = tf.Variable(glorot([inputs + units, 2 * units], seed + 2))

  def __call__(self, x, states):
    h, = states
    gates = tf.sigmoid(tf.concat([x, h], 1) @ self.Wg)
    r, u = tf.split(gates, 2, 1)
    cand = tf.tanh(x @ self.W + (r * h) @ self.U + self.b)
    h = u * h + (1 - u) * cand
    return h, [h]


class CharModel(tf.Module):
  def __init__(self, cell, vocab):
    super().__init__()
    self.cell = cell
    self.vocab = vocab
    self.proj = tf.Variable(glorot([cell.units, vocab], 99))
    self.states = None
    self.unroll = tf.function(self.unroll)

  def unroll(self, tokens, states):
    x = tf.one_hot(tokens, self.vocab)
    outs = []
    for t in range(tokens.shape[1]):
      h, states = self.cell(x[:, t], states)
      outs.append(h)
    return tf.stack(outs, 1) @ self.proj, states

  def stateful_loss(self, tokens):
    """Truncated BPTT: the state goes on from batch to batch."""
    if self.states is None:
      self.states = self.cell.zero_state(tokens.shape[0])
    logits, states = self.unroll(tokens[:, :-1], self.states)
    self.states = [tf.stop_gradient(s) for s in states]
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(tokens[:, 1:], logits))

  def reset(self):
    self.states = None


def dynamic_unroll(cell, inputs, lengths):
  """Masked recurrence over [batch, time, features]."""
  states = cell.zero_state(inputs.shape[0])
  steps = tf.reduce_max(lengths)
  for t in tf.range(steps):
    _, new = cell(inputs[:, t], states)
    keep = (t < lengths)[:, None]
    states = [tf.where(keep, n, s) for n, s in zip(new, states)]
  return states[0]


def clip_gradients(grads, norm):
  total = tf.sqrt(sum(tf.reduce_sum(g ** 2) for g in grads))
  if total > norm:
    grads = [g * norm / total for g in grads]
  return grads


def train(model, text_ids, steps, lr):
  losses = []
  for k in range(steps):
    chunk = text_ids[:, 4 * k:4 * k + 5]
    with tf.GradientTape() as tape:
      loss = model.stateful_loss(chunk)
    grads = clip_gradients(tape.gradient(loss, model.trainable_variables), 1.0)
    for v, g in zip(model.trainable_variables, grads):
      v.assign_sub(lr * g)
    losses.append(round(float(loss), 4))
  return losses


def generate(model, prefix, n, stop=None):
  states = model.cell.zero_state(1)
  out = list(prefix)
  for tok in prefix:
    logits, states = model.unroll(tf.constant([[tok]]), states)
  while len(out) < len(prefix) + n:
    tok = int(tf.argmax(logits[0, -1]))
    out.append(tok)
    if tok == stop:
      break
    logits, states = model.unroll(tf.constant([[tok]]), states)
  return out


def main():
  text = 'hello world, hello there, hello all of you'
  chars = sorted(set(text))
  ids = np.array([chars.index(c) for c in text])
  data = tf.constant(np.stack([ids[:20], ids[20:40]]))
  for cls in (RNNCell, LSTMCell, GRUCell):
    cell = cls(len(chars), 6)
    model = CharModel(cell, len(chars))
    print(cls.__name__, train(model, data, 4, 0.5))
    model.reset()
    print('  ', repr(''.join(chars[i] for i in generate(model, ids[:3].tolist(), 5, stop=0))))
    x = tf.random.stateless_normal([2, 4, len(chars)], [1, 1])
    for lengths in ([1, 4], [2, 2], [3, 1]):
      print('  ', dynamic_unroll(cell, x, tf.constant(lengths)).numpy().round(3)[0, :3])


if __name__ == '__main__':
  main()
