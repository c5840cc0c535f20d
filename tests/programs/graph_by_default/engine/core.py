import tensorflow as tf

from .wrap import graph_mode


class Schedule:
    def __init__(self, base, factor):
        self.base = base
        self.factor = factor

    @graph_mode
    def at(self, epoch):
        return self.base * self.factor ** epoch


class Engine(tf.Module):
    def __init__(self, units, loss, schedule):
        super().__init__()
        self.w = tf.Variable(tf.random.stateless_normal([units, 1], [4, 2]))
        self.b = tf.Variable(tf.zeros([1]))
        self.rate = tf.Variable(schedule.base)
        self.loss = loss
        self.schedule = schedule

    @graph_mode
    def logits(self, x):
        return x @ self.w + self.b

    @graph_mode
    def step(self, x, y):
        with tf.GradientTape() as tape:
            value = self.loss(y, self.logits(x))
        for v, g in zip((self.w, self.b), tape.gradient(value, [self.w, self.b])):
            v.assign_sub(self.rate * g)
        return value

    @graph_mode
    def predict(self, x):
        return tf.cast(self.logits(x) > 0, tf.float32)

    def describe(self):
        return {v.name.split(":")[0]: tuple(v.shape) for v in self.trainable_variables}
