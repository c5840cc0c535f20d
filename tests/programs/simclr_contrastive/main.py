import tensorflow as tf
import tensorflow.keras as keras
import tensorflow.keras.layers as L

LARGE_NUM = 1e9


def nt_xent(hidden, temperature=0.5):
  hidden = tf.math.l2_normalize(hidden, -1)
  hidden1, hidden2 = tf.split(hidden, 2, 0)
  batch_size = tf.shape(hidden1)[0]
  labels = tf.one_hot(tf.range(batch_size), batch_size * 2)
  masks = tf.one_hot(tf.range(batch_size), batch_size)

  logits_aa = tf.matmul(hidden1, hidden1, transpose_b=True) / temperature
  logits_aa = logits_aa - masks * LARGE_NUM
  logits_bb = tf.matmul(hidden2, hidden2, transpose_b=True) / temperature
  logits_bb = logits_bb - masks * LARGE_NUM
  logits_ab = tf.matmul(hidden1, hidden2, transpose_b=True) / temperature
  logits_ba = tf.matmul(hidden2, hidden1, transpose_b=True) / temperature

  loss_a = tf.nn.softmax_cross_entropy_with_logits(labels, tf.concat([logits_ab, logits_aa], 1))
  loss_b = tf.nn.softmax_cross_entropy_with_logits(labels, tf.concat([logits_ba, logits_bb], 1))
  return tf.reduce_mean(loss_a + loss_b), logits_ab


def contrastive_accuracy(logits):
  n = tf.shape(logits)[0]
  hit = tf.equal(tf.argmax(logits, 1, output_type=tf.int32), tf.range(n))
  return tf.reduce_mean(tf.cast(hit, tf.float32))


def color_jitter(x, seed, strength=0.4):
  b = tf.random.stateless_uniform([tf.shape(x)[0], 1, 1, 1], seed, 1 - strength, 1 + strength)
  x = x * b
  c = tf.random.stateless_uniform([tf.shape(x)[0], 1, 1, 1], seed + 1, 1 - strength, 1 + strength)
  mean = tf.reduce_mean(x, axis=[1, 2], keepdims=True)
  return tf.clip_by_value((x - mean) * c + mean, 0., 1.)


def random_flip(x, seed):
  flip = tf.random.stateless_uniform([tf.shape(x)[0], 1, 1, 1], seed) < 0.5
  return tf.where(flip, tf.reverse(x, [2]), x)


def to_gray(x):
  return tf.tile(tf.image.rgb_to_grayscale(x), [1, 1, 1, 3])


def augment(x, seed):
  x = random_flip(x, seed)
  x = color_jitter(x, seed + 2)
  drop = tf.random.stateless_uniform([tf.shape(x)[0], 1, 1, 1], seed + 4) < 0.2
  return tf.where(drop, to_gray(x), x)


def two_views(x, step):
  s = tf.stack([step, 0])
  return tf.concat([augment(x, s), augment(x, s + 100)], 0)


def build_encoder(width):
  return keras.Sequential([
      keras.Input((8, 8, 3)),
      L.Conv2D(width, 3, 2, padding='same', activation='relu'),
      L.Flatten(),
      L.Dense(width, activation='relu'),
  ])


class SimCLR:
  def __init__(self, width=8, temperature=0.2):
    self.encoder = build_encoder(width)
    self.head = keras.Sequential([keras.Input((width,)), L.Dense(width, activation='relu'), L.Dense(4)])
    self.temperature = temperature
    self.optimizer = keras.optimizers.SGD(0.05, momentum=0.9)
    self.global_step = tf.Variable(0)
    self.history = []

  @property
  def weights(self):
    return self.encoder.trainable_weights + self.head.trainable_weights

  def forward(self, x, training):
    return self.head(self.encoder(x, training=training), training=training)

  def train_step(self, x):
    views = two_views(x, self.global_step)
    with tf.GradientTape() as tape:
      loss, logits = nt_xent(self.forward(views, True), self.temperature)
    self.optimizer.apply_gradients(zip(tape.gradient(loss, self.weights), self.weights))
    self.global_step.assign_add(1)
    return {'loss': loss, 'acc': contrastive_accuracy(logits)}

  def pretrain(self, batches):
    step = tf.function(self.train_step)
    for b in batches:
      logs = step(b)
      self.history.append({k: float(v) for k, v in logs.items()})
      print('step', int(self.global_step), {k: round(v, 4) for k, v in self.history[-1].items()})


def knn_probe(train_z, train_y, z, k):
  sim = tf.matmul(tf.math.l2_normalize(z, 1), tf.math.l2_normalize(train_z, 1), transpose_b=True)
  idx = tf.math.top_k(sim, k).indices
  votes = tf.one_hot(tf.gather(train_y, idx), 3)
  return tf.argmax(tf.reduce_sum(votes, 1), 1)


def main():
  keras.utils.set_random_seed(6)
  m = SimCLR()
  batches = [tf.random.stateless_uniform([4, 8, 8, 3], [i, 3]) for i in range(4)]
  m.pretrain(batches)
  y = tf.constant([0, 1, 2, 1])
  for i, b in enumerate(batches[1:]):
    z0, z = m.encoder(batches[0]), m.encoder(b)
    print(knn_probe(z0, y, z, 1 + i).numpy(), nt_xent(tf.concat([z0, z], 0))[0].numpy().round(4))
    print(augment(b, tf.constant([i, 9])).numpy().mean().round(4))


if __name__ == '__main__':
  main()
