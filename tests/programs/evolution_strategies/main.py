"""Black-box search: OpenAI-ES, CMA-style updates, differential evolution."""
import heapq
from itertools import count

import numpy as np
import tensorflow as tf


def sphere(x):
    return tf.reduce_sum(x ** 2, axis=-1)


def rastrigin(x):
    d = x.shape[-1]
    return 10.0 * d + tf.reduce_sum(x ** 2 - 10.0 * tf.cos(2 * np.pi * x), axis=-1)


def ackley(x, a=20.0, b=0.2, c=2 * np.pi):
    d = tf.cast(tf.shape(x)[-1], x.dtype)
    s1 = tf.sqrt(tf.reduce_sum(x ** 2, -1) / d)
    s2 = tf.reduce_sum(tf.cos(c * x), -1) / d
    return -a * tf.exp(-b * s1) - tf.exp(s2) + a + np.e


def centered_ranks(f):
    n = f.shape[0]
    order = tf.argsort(tf.argsort(f))
    return tf.cast(order, tf.float32) / (n - 1) - 0.5


class OpenAIES:
    def __init__(self, f, x0, sigma=0.2, lr=0.1, pop=8, seed=0):
        self.f, self.mu = f, tf.Variable(x0)
        self.sigma, self.lr, self.pop, self.seed = sigma, lr, pop, seed
        self.generation = 0

    def ask(self):
        eps = tf.random.stateless_normal([self.pop // 2, self.mu.shape[0]], [self.seed, self.generation])
        return tf.concat([eps, -eps], axis=0)

    def tell(self, eps, fitness):
        w = centered_ranks(fitness)
        g = tf.linalg.matvec(eps, w, transpose_a=True) / (self.pop * self.sigma)
        self.mu.assign_sub(self.lr * g)
        self.generation += 1

    def step(self):
        eps = self.ask()
        fitness = self.f(self.mu + self.sigma * eps)
        self.tell(eps, fitness)
        return tf.reduce_min(fitness)


class RankMuES(OpenAIES):
    """Adapts a full covariance from the best half."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.C = tf.Variable(tf.eye(self.mu.shape[0]))

    def ask(self):
        z = super().ask()
        return z @ tf.transpose(tf.linalg.cholesky(self.C))

    def tell(self, eps, fitness):
        k = self.pop // 2
        idx = tf.math.top_k(-fitness, k).indices
        best = tf.gather(eps, idx)
        w = np.log(k + 0.5) - np.log(np.arange(1, k + 1))
        w = tf.constant(w / w.sum(), tf.float32)
        self.mu.assign_add(self.sigma * tf.linalg.matvec(best, w, transpose_a=True))
        rank_mu = tf.einsum("k,ki,kj->ij", w, best, best)
        self.C.assign(0.8 * self.C + 0.2 * rank_mu + 1e-6 * tf.eye(self.mu.shape[0]))
        self.generation += 1


def differential_evolution(f, pop, iters, rng, F=0.6, cr=0.8):
    fit = f(pop)
    n, d = pop.shape
    for _ in range(iters):
        a, b, c = (tf.gather(pop, rng.permutation(n)) for _ in range(3))
        mutant = a + F * (b - c)
        cross = tf.constant(rng.random((n, d)) < cr)
        trial = tf.where(cross, mutant, pop)
        trial_fit = f(trial)
        better = trial_fit < fit
        pop = tf.where(better[:, None], trial, pop)
        fit = tf.where(better, trial_fit, fit)
    best = tf.argmin(fit)
    return pop[best], fit[best]


def simulated_annealing(f, x, steps, rng, t0=1.0):
    cur = f(x[None])[0]
    accepted = 0
    for i in range(steps):
        temp = t0 * (1 - i / steps)
        cand = x + 0.3 * tf.constant(rng.normal(size=x.shape), tf.float32)
        val = f(cand[None])[0]
        if val < cur or rng.random() < np.exp(float(cur - val) / max(temp, 1e-6)):
            x, cur = cand, val
            accepted += 1
    return x, float(cur), accepted


class Archive:
    """Keeps the k best points ever seen."""

    def __init__(self, k):
        self.k, self.heap, self.tick = k, [], count()

    def offer(self, x, value):
        item = (-float(value), next(self.tick), x)
        if len(self.heap) < self.k:
            heapq.heappush(self.heap, item)
        else:
            heapq.heappushpop(self.heap, item)

    def best(self):
        v, _, x = max(self.heap, key=lambda h: h[:2])
        return x, -v


@tf.function
def tournament(fitness, seed, size):
    n = tf.shape(fitness)[0]
    idx = tf.random.stateless_uniform(tf.stack([n, size]), seed, maxval=n, dtype=tf.int32)
    winners = tf.argmin(tf.gather(fitness, idx), axis=1, output_type=tf.int32)
    return tf.gather(idx, winners, batch_dims=1)


def main():
    for seed, f in enumerate((sphere, rastrigin, ackley)):
        archive = Archive(3)
        for cls in (OpenAIES, RankMuES):
            es = cls(f, tf.fill([3], 1.5), seed=seed)
            for _ in range(4):
                archive.offer(es.mu.read_value(), es.step())
            print(f.__name__, cls.__name__, f(es.mu[None]).numpy().round(4), es.generation)
        rng = np.random.default_rng(seed)
        pop = tf.random.stateless_uniform([8, 3], [seed, 1], -2.0, 2.0)
        print("  de", differential_evolution(f, pop, 3, rng)[1].numpy().round(4))
        print("  sa", simulated_annealing(f, tf.ones([3]), 5, rng)[1:], "archive", round(archive.best()[1], 4))
        print("  tournament", tournament(f(pop), tf.constant([seed, 2]), tf.constant(2 + seed)).numpy())


if __name__ == "__main__":
    main()
