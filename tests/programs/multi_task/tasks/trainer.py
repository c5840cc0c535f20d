import tensorflow as tf


class Trainer:
    def __init__(self, network, weighting, rate=0.05):
        self.network = network
        self.weighting = weighting
        self.optimizer = tf.keras.optimizers.Adam(rate)
        self.variables = list(network.trainable_variables) + list(weighting.trainable_variables)
        self.best = None
        self.steps = 0

    def step(self, x, targets):
        self.steps += 1
        total, parts = self.update(x, targets)
        self.remember(total)
        return total, parts

    def update(self, x, targets):
        with tf.GradientTape() as tape:
            parts = self.network.losses(x, targets)
            total = self.weighting(parts)
        grads = tape.gradient(total, self.variables)
        self.optimizer.apply_gradients(zip(grads, self.variables))
        return total, parts

    def remember(self, total):
        if self.best is None or float(total) < self.best:
            self.best = round(float(total), 4)

    def gradients(self, x, targets):
        shared = self.network.trunk.trainable_variables
        with tf.GradientTape(persistent=True) as tape:
            parts = self.network.losses(x, targets)
        return {name: flat(tape.gradient(loss, shared)) for name, loss in parts.items()}

    def conflicts(self, x, targets):
        grads = self.gradients(x, targets)
        names = sorted(grads)
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1:]]
        return [(a, b) for a, b in pairs if cosine(grads[a], grads[b]) < 0]

    def summary(self):
        return "%d steps, %d variables" % (self.steps, len(self.variables))


def flat(tensors):
    return tf.concat([tf.reshape(t, [-1]) for t in tensors], 0)


def cosine(a, b):
    return tf.reduce_sum(a * b) / (tf.norm(a) * tf.norm(b) + 1e-9)
