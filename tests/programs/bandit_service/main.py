"""An ad server's bandit: policies as classes, an endpoint that ranks, `tensorflow.compat.v2` from older days."""
import collections
import time

import numpy as np
import tensorflow.compat.v2 as tf

Ranking = collections.namedtuple("Ranking", "order scores")


class Clock:
    def __init__(self):
        self.ticks = 0

    def now(self):
        self.ticks += 1
        return self.ticks


class Policy:
    def __init__(self, n_arms, clock):
        self.n_arms = n_arms
        self.clock = clock
        self.counts = tf.Variable(tf.zeros([n_arms]))
        self.values = tf.Variable(tf.zeros([n_arms]))
        self.requests = collections.Counter()

    @tf.function
    def update(self, arm, reward):
        self.counts.scatter_nd_add([[arm]], [1.0])
        n = self.counts[arm]
        self.values.scatter_nd_add([[arm]], [(reward - self.values[arm]) / n])
        return n

    @tf.function
    def log_request(self, user):
        self.requests[user] += 1
        return self.requests[user]

    @tf.function
    def label(self):
        return type(self).__name__ + "/" + str(self.n_arms)

    def rank(self):
        raise NotImplementedError


class UCB(Policy):
    def __init__(self, n_arms, clock, c=2.0):
        super().__init__(n_arms, clock)
        self.c = c

    @tf.function
    def rank(self):
        t = tf.reduce_sum(self.counts) + 1.0
        bonus = self.c * tf.sqrt(tf.math.log(t) / tf.maximum(self.counts, 1e-3))
        scores = self.values + bonus
        return Ranking(tf.argsort(scores, direction="DESCENDING"), scores)


class Greedy(Policy):
    @tf.compat.v2.function
    def rank(self):
        if self.values.numpy().max() == 0.0:
            return Ranking(tf.range(self.n_arms), self.values)
        return Ranking(tf.argsort(-self.values), self.values)


class Decay(Policy):
    """Forgets: the age of what it knows counts."""

    @tf.function
    def rank(self):
        age = self.clock.now()
        scores = self.values * tf.exp(-0.1 * tf.cast(age, tf.float32))
        return Ranking(tf.argsort(scores, direction="DESCENDING"), scores)


@tf.function
def route(user, policies):
    """Which policy serves a user."""
    return policies[sum(map(ord, user)) % len(policies)]


@tf.function(experimental_relax_shapes=True)
def discounted(clicks, gamma):
    k = tf.cast(tf.range(tf.shape(clicks)[0]), tf.float32)
    return tf.reduce_sum(clicks * gamma ** k)


@tf.function
def top_k(scores, k):
    values, _ = tf.math.top_k(scores, k)
    return tf.reduce_mean(values)


@tf.function
def bucketise(price, edges=(1, 5, 20)):
    for i, edge in enumerate(edges):
        if price < edge:
            return i
    return len(edges)


def serve(policy, user, probabilities, rng):
    n = policy.log_request(user)
    arm = policy.rank().order[0]
    reward = float(rng.random() < probabilities[int(arm)])
    policy.update(arm, tf.constant(reward))
    return int(arm), int(n)


def main():
    start = time.perf_counter()
    rng = np.random.default_rng(5)
    clock = Clock()
    probabilities = np.array([0.2, 0.5, 0.8])
    policies = ["ucb", "decay"]
    serving = {"ucb": UCB(3, clock), "decay": Decay(3, clock)}
    for name in ["ann", "bob", "ann", "eve", "bob", "ann"]:
        chosen = route(name, policies)
        chosen = chosen.numpy().decode() if tf.is_tensor(chosen) else chosen
        print(name, chosen, serve(serving[chosen], name, probabilities, rng))
    greedy = Greedy(3, clock)
    try:
        print(greedy.rank().order.numpy())
    except (AttributeError, NotImplementedError) as error:
        print("greedy:", type(error).__name__)
    for policy in (*serving.values(), greedy):
        text = policy.label()
        print(text.numpy().decode() if tf.is_tensor(text) else text, dict(policy.requests))
        print(policy.values.numpy().round(3))
    for n in (3, 4, 5, 6):
        clicks = tf.constant(rng.integers(0, 2, n), tf.float32)
        print(round(float(discounted(clicks, 0.9)), 4), round(float(top_k(clicks, n - 2)), 4))
    print([int(bucketise(price)) for price in (0.5, 2.0, 7.5, 99.0)])
    print(time.perf_counter() - start >= 0)


if __name__ == "__main__":
    main()
