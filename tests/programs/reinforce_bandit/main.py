import numpy as np
import tensorflow as tf
import tensorflow.keras.layers as kl

# policy gradient with baseline on a contextual bandit + short corridor

class Policy(tf.keras.Model):
  def __init__(self, num_actions):
    super().__init__()
    self.hidden = kl.Dense(16, activation='tanh')
    self.logits = kl.Dense(num_actions)
    self.value = kl.Dense(1)

  def call(self, x):
    h = self.hidden(x)
    return self.logits(h), tf.squeeze(self.value(h), -1)


class Corridor:
  """Walk right to the goal."""

  def __init__(self, n, rng):
    self.n, self.rng, self.s = n, rng, 0

  def reset(self):
    self.s = 0
    return self.obs()

  def obs(self):
    return np.array([self.s / self.n, 1.0], dtype=np.float32)

  def step(self, a):
    slip = self.rng.random() < 0.1
    self.s = max(0, self.s + (1 if a == 1 and not slip else -1))
    return self.obs(), -0.1 + (1.0 if self.s >= self.n else 0.0), self.s >= self.n


def discounted_returns(rewards, gamma):
  out = []
  acc = 0.0
  for r in reversed(rewards):
    acc = r + gamma * acc
    out.append(acc)
  return np.array(out[::-1], dtype=np.float32)


def normalize(x, eps=1e-6):
  mean, var = tf.nn.moments(x, axes=[0])
  return (x - mean) / tf.sqrt(var + eps)


def log_prob(logits, actions):
  lp = tf.nn.log_softmax(logits)
  return tf.gather(lp, actions, batch_dims=1)


def entropy(logits):
  p = tf.nn.softmax(logits)
  return -tf.reduce_sum(p * tf.nn.log_softmax(logits), axis=-1)


def loss_fn(policy, obs, actions, returns, beta):
  logits, values = policy(obs)
  adv = tf.stop_gradient(returns - values)
  pg = -tf.reduce_mean(log_prob(logits, actions) * normalize(adv))
  vf = tf.reduce_mean(tf.square(returns - values))
  return pg + 0.5 * vf - beta * tf.reduce_mean(entropy(logits))


def update(policy, optimizer, obs, actions, returns, beta=0.01):
  with tf.GradientTape() as tape:
    loss = loss_fn(policy, obs, actions, returns, beta)
  grads = tape.gradient(loss, policy.trainable_variables)
  optimizer.apply_gradients(zip(grads, policy.trainable_variables))
  return loss


def sample_action(policy, obs):
  logits, _ = policy(obs[None, :])
  a = tf.random.categorical(logits, 1)
  return a.numpy()[0, 0]


def rollout(env, policy, max_steps):
  obs_l, act_l, rew_l = [], [], []
  o = env.reset()
  for t in range(max_steps):
    a = sample_action(policy, o)
    obs_l.append(o)
    act_l.append(a)
    o, r, done = env.step(a)
    rew_l.append(r)
    if done:
      break
  return np.stack(obs_l), np.array(act_l), rew_l


def main():
  tf.keras.utils.set_random_seed(11)
  env = Corridor(4, np.random.default_rng(5))
  policy = Policy(2)
  opt = tf.keras.optimizers.Adam(0.02)
  for ep in range(5):
    o, a, r = rollout(env, policy, 10)
    ret = discounted_returns(r, 0.9)
    loss = update(policy, opt, tf.constant(o), tf.constant(a), tf.constant(ret))
    print('ep %d len %d return %.3f loss %.4f' % (ep, len(r), sum(r), loss.numpy()))
  # the pieces by themselves
  for k in range(3):
    lg = tf.reshape(tf.range(6, dtype=tf.float32), (3, 2)) * (k + 1) / 5.
    print(entropy(lg).numpy().round(4), log_prob(lg, tf.constant([0, 1, 1])).numpy().round(4))
    print(normalize(lg[:, 0] ** 2).numpy().round(4))


if __name__ == '__main__':
  main()
