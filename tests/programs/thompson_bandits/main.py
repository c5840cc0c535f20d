from abc import ABC, abstractmethod
from typing import Dict, List
import math
import numpy as np
import tensorflow as tf


class Policy(ABC):
    def __init__(self, n_arms: int):
        self.n_arms = n_arms
        self.counts = np.zeros(n_arms, dtype=int)

    def select(self, context: tf.Tensor) -> int:
        arm = self._select(context)
        self.counts[arm] += 1
        return arm

    @abstractmethod
    def _select(self, context: tf.Tensor) -> int: ...

    @abstractmethod
    def update(self, context: tf.Tensor, arm: int, reward: float) -> None: ...


class EpsilonGreedy(Policy):
    def __init__(self, n_arms, eps, rng):
        super().__init__(n_arms)
        self.values = [0.0] * n_arms
        self.eps, self.rng = eps, rng

    def _select(self, context):
        if self.rng.random() < self.eps:
            return int(self.rng.integers(self.n_arms))
        return int(np.argmax(self.values))

    def update(self, context, arm, reward):
        self.values[arm] += (reward - self.values[arm]) / max(1, self.counts[arm])


class LinUCB(Policy):
    def __init__(self, n_arms, dim, alpha=1.0):
        super().__init__(n_arms)
        self.alpha = alpha
        self.A = tf.Variable(tf.eye(dim, batch_shape=[n_arms]))
        self.b = tf.Variable(tf.zeros([n_arms, dim]))

    def scores(self, context):
        theta = tf.linalg.solve(self.A, self.b[..., None])[..., 0]
        mean = tf.linalg.matvec(theta, context)
        tiled = tf.tile(context[None, :, None], [self.n_arms, 1, 1])
        width = tf.sqrt(tf.reduce_sum(tiled * tf.linalg.solve(self.A, tiled), axis=[1, 2]))
        return mean + self.alpha * width

    def _select(self, context):
        return int(tf.argmax(self.scores(context)))

    def update(self, context, arm, reward):
        onehot = tf.one_hot(arm, self.n_arms)
        self.A.assign_add(onehot[:, None, None] * tf.tensordot(context, context, 0)[None])
        self.b.assign_add(onehot[:, None] * reward * context[None])


class LinearThompson(LinUCB):
    def __init__(self, n_arms, dim, v=0.5, seed=0):
        super().__init__(n_arms, dim)
        self.v = v
        self.seed = seed
        self.t = 0

    def scores(self, context):
        self.t += 1
        mean = tf.linalg.solve(self.A, self.b[..., None])
        cov = self.v ** 2 * tf.linalg.inv(self.A)
        noise = tf.random.stateless_normal(tf.shape(mean), [self.seed, self.t])
        theta = (mean + tf.linalg.cholesky(cov) @ noise)[..., 0]
        return tf.linalg.matvec(theta, context)


class NeuralGreedy(Policy):
    """Small net per arm, trained on the fly."""

    def __init__(self, n_arms, dim, lr=0.1):
        super().__init__(n_arms)
        self.w1 = tf.Variable(0.3 * tf.random.stateless_normal([dim, 6], [1, 2]))
        self.w2 = tf.Variable(0.3 * tf.random.stateless_normal([6, n_arms], [1, 3]))
        self.lr = lr
        self.losses: List[float] = []

    def predict(self, context):
        return (tf.tanh(context[None] @ self.w1) @ self.w2)[0]

    def _select(self, context):
        bonus = 1.0 / np.sqrt(self.counts + 1.0)
        return int(tf.argmax(self.predict(context) + bonus.astype(np.float32)))

    def update(self, context, arm, reward):
        with tf.GradientTape() as tape:
            loss = (self.predict(context)[arm] - reward) ** 2
        for v, g in zip((self.w1, self.w2), tape.gradient(loss, (self.w1, self.w2))):
            v.assign_sub(self.lr * g)
        self.losses.append(float(loss))


class Environment:
    def __init__(self, n_arms, dim, seed):
        self.rng = np.random.default_rng(seed)
        self.theta = tf.constant(self.rng.normal(size=(n_arms, dim)), tf.float32)

    def context(self):
        x = self.rng.normal(size=self.theta.shape[1])
        return tf.constant(x / np.linalg.norm(x), tf.float32)

    def means(self, context):
        return tf.linalg.matvec(self.theta, context)

    def pull(self, context, arm):
        return float(self.means(context)[arm]) + 0.1 * self.rng.normal()


def regret(env, context, arm):
    m = env.means(context)
    return tf.reduce_max(m) - m[arm]


def simulate(policy, env, steps) -> Dict[str, float]:
    total = tf.zeros([])
    for _ in range(steps):
        ctx = env.context()
        arm = policy.select(ctx)
        policy.update(ctx, arm, env.pull(ctx, arm))
        total += regret(env, ctx, arm)
    return {"regret": round(total.numpy().item(), 3), "pulls": policy.counts.tolist()}


def off_policy_value(logged, target_probs, clip):
    rewards, props = tf.unstack(tf.constant(logged, tf.float32), axis=1)
    w = tf.minimum(target_probs / props, clip)
    return tf.reduce_sum(w * rewards) / tf.reduce_sum(w)


def kl_ucb(p, n, t):
    budget = math.log(max(t, 2)) / max(n, 1)
    q = tf.linspace(float(p), 0.999, 32)
    kl = p * tf.math.log(p / q) + (1 - p) * tf.math.log((1 - p) / (1 - q))
    return q[int(tf.reduce_sum(tf.cast(kl <= budget, tf.int32))) - 1].numpy()


def main():
    makers = [
        lambda: EpsilonGreedy(3, 0.2, np.random.default_rng(4)),
        lambda: LinUCB(3, 4),
        lambda: LinearThompson(3, 4, seed=2),
        lambda: NeuralGreedy(3, 4),
    ]
    for make in makers:
        policy = make()
        print(type(policy).__name__, simulate(policy, Environment(3, 4, 9), 6))
    for k in (1, 5, 20):
        print(kl_ucb(0.3, k, 100).round(4), off_policy_value([[1, .5], [0, .3], [1, .2]], tf.constant([.5, .1, .9]), float(k)).numpy().round(4))


if __name__ == "__main__":
    main()
