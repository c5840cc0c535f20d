import copy
import random
import tensorflow as tf
import numpy as np


class Client:
    """Holds its own data; trains a copy of the global weights."""

    registry = []

    def __init__(self, cid, x, y):
        self.cid = cid
        self.x, self.y = x, y
        self.rounds = 0
        Client.registry.append(self)

    def local_update(self, weights, lr, epochs):
        w = [tf.Variable(v) for v in weights]
        for e in range(epochs):
            with tf.GradientTape() as tape:
                loss = logistic_loss(w, self.x, self.y)
            for v, g in zip(w, tape.gradient(loss, w)):
                v.assign_sub(lr * g)
        self.rounds += 1
        return [tf.convert_to_tensor(v) for v in w], loss

    @property
    def num_examples(self):
        return int(self.x.shape[0])


def logits(w, x):
    return tf.squeeze(tf.matmul(x, w[0]), -1) + w[1]


def logistic_loss(w, x, y):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=logits(w, x)))


def accuracy(w, x, y):
    return tf.reduce_mean(tf.cast(tf.equal(logits(w, x) > 0, y > 0.5), tf.float32))


def weighted_average(updates, counts):
    total = sum(counts)
    out = []
    for layer in zip(*updates):
        out.append(tf.add_n([t * (c / total) for t, c in zip(layer, counts)]))
    return out


def coordinate_median(updates):
    out = []
    for layer in zip(*updates):
        s = tf.sort(tf.stack(layer), axis=0)
        n = len(layer)
        out.append(s[n // 2] if n % 2 else (s[n // 2 - 1] + s[n // 2]) / 2)
    return out


def clip_update(update, reference, max_norm):
    delta = [u - r for u, r in zip(update, reference)]
    norm = tf.linalg.global_norm(delta)
    factor = tf.minimum(1.0, max_norm / (norm + 1e-12))
    return [r + d * factor for r, d in zip(reference, delta)]


def add_noise(weights, sigma, seed):
    """Gaussian mechanism."""
    return [w + sigma * tf.random.stateless_normal(tf.shape(w), [seed, i]) for i, w in enumerate(weights)]


class Server:
    def __init__(self, dim, aggregator=weighted_average, server_momentum=0.0):
        self.weights = [tf.zeros([dim, 1]), tf.zeros([])]
        self.aggregate = aggregator
        self.momentum = server_momentum
        self.velocity = None
        self.round = 0
        self.log = []

    def select(self, clients, fraction):
        k = max(1, int(fraction * len(clients)))
        return random.sample(clients, k)

    def run_round(self, clients, fraction, lr, epochs, dp_sigma=0.0):
        chosen = self.select(clients, fraction)
        updates, losses = [], []
        for c in chosen:
            w, loss = c.local_update(self.weights, lr, epochs)
            updates.append(clip_update(w, self.weights, 1.0))
            losses.append(float(loss))
        if self.aggregate is weighted_average:
            new = self.aggregate(updates, [c.num_examples for c in chosen])
        else:
            new = self.aggregate(updates)
        if dp_sigma:
            new = add_noise(new, dp_sigma, self.round)
        self.apply(new)
        self.round += 1
        self.log.append(np.mean(losses))

    def apply(self, new):
        delta = [n - w for n, w in zip(new, self.weights)]
        if self.momentum:
            if self.velocity is None:
                self.velocity = delta
            else:
                self.velocity = [self.momentum * v + d for v, d in zip(self.velocity, delta)]
            delta = self.velocity
        self.weights = [w + d for w, d in zip(self.weights, delta)]


def make_clients(n, seed):
    rng = np.random.RandomState(seed)
    w = rng.randn(3)
    out = []
    for i in range(n):
        x = rng.randn(6 + 2 * i, 3) + 0.3 * i
        y = (x @ w > 0).astype('float32')
        out.append(Client(i, tf.constant(x, tf.float32), tf.constant(y)))
    return out


def divergence(a, b):
    return tf.linalg.global_norm([x - y for x, y in zip(a, b)])


def main():
    random.seed(2)
    Client.registry.clear()
    for agg, mom, sigma in ((weighted_average, 0.0, 0.0), (weighted_average, 0.5, 0.01), (coordinate_median, 0.0, 0.0)):
        clients = make_clients(4, 5)
        server = Server(3, agg, mom)
        before = copy.copy(server.weights)
        for r in range(3):
            server.run_round(clients, 0.75, 0.3, 1 + r % 2, sigma)
        acc = [accuracy(server.weights, c.x, c.y).numpy().round(3) for c in clients]
        print(agg.__name__, [round(float(v), 4) for v in server.log], acc, divergence(before, server.weights).numpy().round(4))
    print(len(Client.registry), [c.rounds for c in Client.registry])


if __name__ == '__main__':
    main()
