"""Matrix factorisation for implicit feedback (BPR) and explicit ratings (ALS)."""
import itertools
import json

import numpy as np
import tensorflow as tf


class MatrixFactorization(tf.Module):
    def __init__(self, n_users, n_items, dim, seed=0):
        super().__init__()
        init = tf.initializers.RandomNormal(stddev=0.1, seed=seed)
        self.user = tf.Variable(init([n_users, dim]), name="user")
        self.item = tf.Variable(init([n_items, dim]), name="item")
        self.bias = tf.Variable(tf.zeros([n_items]), name="bias")

    def score(self, users, items):
        u = tf.nn.embedding_lookup(self.user, users)
        i = tf.nn.embedding_lookup(self.item, items)
        return tf.reduce_sum(u * i, -1) + tf.gather(self.bias, items)

    def score_all(self, users):
        return tf.gather(self.user, users) @ tf.transpose(self.item) + self.bias


def bpr_loss(model, users, pos, neg, reg=1e-3):
    diff = model.score(users, pos) - model.score(users, neg)
    l2 = sum(tf.nn.l2_loss(v) for v in model.trainable_variables)
    return -tf.reduce_mean(tf.math.log_sigmoid(diff)) + reg * l2


class NegativeSampler:
    def __init__(self, positives, n_items, seed):
        self.positives = positives
        self.n_items = n_items
        self.rng = np.random.default_rng(seed)
        self.rejections = 0

    def __call__(self, users):
        out = []
        for u in users:
            j = int(self.rng.integers(self.n_items))
            while j in self.positives[int(u)]:
                self.rejections += 1
                j = int(self.rng.integers(self.n_items))
            out.append(j)
        return np.array(out, dtype=np.int64)


def train_epoch(model, opt, pairs, sampler, batch_size=8):
    total, n = 0.0, 0
    for start in range(0, len(pairs), batch_size):
        batch = pairs[start:start + batch_size]
        users, pos = batch[:, 0], batch[:, 1]
        neg = sampler(users)
        with tf.GradientTape() as tape:
            loss = bpr_loss(model, users, pos, neg)
        opt.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        total += loss.numpy() * len(batch)
        n += len(batch)
    return total / n


def recommend(model, user, k, seen=()):
    scores = model.score_all([user])[0].numpy()
    scores[list(seen)] = -np.inf
    return np.argsort(-scores)[:k].tolist()


def precision_recall_at_k(scores, relevance, k):
    topk = tf.math.top_k(scores, k).indices
    hits = tf.reduce_sum(tf.gather(relevance, topk, batch_dims=1), -1)
    precision = hits / k
    recall = tf.math.divide_no_nan(hits, tf.reduce_sum(relevance, -1))
    return tf.reduce_mean(precision), tf.reduce_mean(recall)


def ndcg_at_k(scores, relevance, k):
    idx = tf.math.top_k(scores, k).indices
    gains = tf.gather(relevance, idx, batch_dims=1)
    discounts = 1.0 / (tf.math.log(tf.range(2, k + 2, dtype=tf.float32)) / tf.math.log(2.0))
    ideal = tf.sort(relevance, direction="DESCENDING")[:, :k]
    dcg = tf.reduce_sum(gains * discounts, -1)
    idcg = tf.reduce_sum(ideal * discounts, -1)
    return tf.reduce_mean(tf.math.divide_no_nan(dcg, idcg))


def als_user_step(ratings, mask, items, reg):
    """Solves every user's ridge regression at once."""
    dim = items.shape[1]
    a = tf.einsum("ui,id,ie->ude", mask, items, items) + reg * tf.eye(dim)
    b = tf.einsum("ui,id->ud", ratings * mask, items)
    return tf.linalg.solve(a, b[..., None])[..., 0]


def als(ratings, mask, dim, sweeps, reg=0.1):
    items = tf.random.stateless_normal([ratings.shape[1], dim], [1, 2])
    for _ in range(sweeps):
        users = als_user_step(ratings, mask, items, reg)
        items = als_user_step(tf.transpose(ratings), tf.transpose(mask), users, reg)
    err = (users @ tf.transpose(items) - ratings) * mask
    return users, items, tf.sqrt(tf.reduce_sum(err ** 2) / tf.reduce_sum(mask))


def main():
    rng = np.random.RandomState(0)
    dense = (rng.rand(6, 10) < 0.3).astype(np.float32)
    dense[:, 0] = 1.0
    pairs = np.argwhere(dense > 0)
    positives = {u: set(np.flatnonzero(dense[u])) for u in range(6)}
    model = MatrixFactorization(6, 10, 4)
    opt = tf.keras.optimizers.Adagrad(0.3)
    sampler = NegativeSampler(positives, 10, 3)
    users = tf.range(6)
    for epoch in range(3):
        loss = train_epoch(model, opt, pairs, sampler)
        scores = model.score_all(users)
        p, r = precision_recall_at_k(scores, tf.constant(dense), 3)
        print(json.dumps({"epoch": epoch, "loss": round(float(loss), 4), "p@3": round(float(p), 3),
                          "r@3": round(float(r), 3), "ndcg": round(float(ndcg_at_k(scores, tf.constant(dense), 3 + epoch)), 3),
                          "rejections": sampler.rejections}))
    for u in range(3):
        print(u, recommend(model, u, 3, positives[u]))
    for dim, sweeps in itertools.product((2, 3), (1, 2)):
        print(dim, sweeps, als(tf.constant(dense * 4), tf.constant(dense), dim, sweeps)[2].numpy().round(4))


if __name__ == "__main__":
    main()
