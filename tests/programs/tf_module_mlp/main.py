import tensorflow as tf


class FlexibleDenseModule(tf.Module):
  # Note: No need for `in_features`
  def __init__(self, out_features, name=None):
    super().__init__(name=name)
    self.is_built = False
    self.out_features = out_features

  def __call__(self, x):
    # Create variables on first call.
    if not self.is_built:
      self.w = tf.Variable(
        tf.random.stateless_normal([x.shape[-1], self.out_features], [x.shape[-1], 3]), name='w')
      self.b = tf.Variable(tf.zeros([self.out_features]), name='b')
      self.is_built = True

    y = tf.matmul(x, self.w) + self.b
    return tf.nn.relu(y)


class BatchNorm(tf.Module):
  def __init__(self, dim, momentum=0.9, name=None):
    super().__init__(name=name)
    self.gamma = tf.Variable(tf.ones([dim]))
    self.beta = tf.Variable(tf.zeros([dim]))
    self.mean = tf.Variable(tf.zeros([dim]), trainable=False)
    self.var = tf.Variable(tf.ones([dim]), trainable=False)
    self.momentum = momentum

  def __call__(self, x, is_training):
    if is_training:
      m, v = tf.nn.moments(x, [0])
      self.mean.assign(self.momentum * self.mean + (1 - self.momentum) * m)
      self.var.assign(self.momentum * self.var + (1 - self.momentum) * v)
    else:
      m, v = self.mean, self.var
    return self.gamma * (x - m) * tf.math.rsqrt(v + 1e-5) + self.beta


class MySequentialModule(tf.Module):
  def __init__(self, name=None):
    super().__init__(name=name)
    self.dense_1 = FlexibleDenseModule(out_features=8)
    self.norm = BatchNorm(8)
    self.dense_2 = FlexibleDenseModule(out_features=3)
    self.n_calls = tf.Variable(0, trainable=False)

  @tf.function
  def __call__(self, x, is_training=False):
    self.n_calls.assign_add(1)
    x = self.dense_1(x)
    x = self.norm(x, is_training)
    return self.dense_2(x)


class Counter(tf.Module):
  """Exponential moving statistics of whatever goes by."""

  def __init__(self):
    super().__init__()
    self.count = 0
    self.ema = tf.Variable(0.0)
    self.last = None

  @tf.function
  def observe(self, x):
    self.count += 1
    m = tf.reduce_mean(x)
    self.ema.assign(0.9 * self.ema + 0.1 * m)
    return self.ema.read_value()

  def summary(self):
    return {'count': self.count, 'ema': self.ema.numpy().round(4)}


class LinearRegression(tf.Module):
  def __init__(self):
    self.w = tf.Variable(5.0)
    self.b = tf.Variable(0.0)

  def __call__(self, x):
    return self.w * x + self.b


def loss(target_y, predicted_y):
  return tf.reduce_mean(tf.square(target_y - predicted_y))


def train(model, x, y, learning_rate):
  with tf.GradientTape() as t:
    current_loss = loss(y, model(x))
  dw, db = t.gradient(current_loss, [model.w, model.b])
  model.w.assign_sub(learning_rate * dw)
  model.b.assign_sub(learning_rate * db)


def report(model, loss):
  return f"W = {model.w.numpy():1.2f}, b = {model.b.numpy():1.2f}, loss={loss:2.5f}"


def training_loop(model, x, y, epochs):
  weights, biases = [], []
  for epoch in epochs:
    train(model, x, y, learning_rate=0.1)
    weights.append(model.w.numpy())
    biases.append(model.b.numpy())
    current_loss = loss(y, model(x))
    print(f"Epoch {epoch:2d}:", report(model, current_loss))
  return weights, biases


def main():
  my_model = MySequentialModule(name="the_model")
  data = tf.constant([[2.0, 2.0, 2.0], [3., 1., 0.], [1., 0., -1.]])
  for i in range(3):
    print("Model results:", my_model(data + float(i)).numpy().round(3)[0], my_model(data, True).numpy().round(3)[1])
  print('calls', my_model.n_calls.numpy(), 'variables', len(my_model.trainable_variables))

  c = Counter()
  for i in range(4):
    c.observe(data * i)
  print(c.summary())

  lr = LinearRegression()
  x = tf.linspace(-2., 2., 11)
  noise = 0.1 * tf.random.stateless_normal([11], [1, 1])
  training_loop(lr, x, 3.0 * x + 2.0 + noise, range(4))


if __name__ == '__main__':
  main()
