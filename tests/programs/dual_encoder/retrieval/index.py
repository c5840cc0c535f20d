from __future__ import annotations

import tensorflow as tf


class BruteForceIndex(tf.Module):
    def __init__(self, k: int = 3):
        super().__init__()
        self.k = k
        self._ids: list[str] = []
        self._vectors = None
        self.lookups = 0

    def index(self, ids, vectors) -> "BruteForceIndex":
        self._ids = list(ids)
        self._vectors = tf.Variable(vectors, trainable=False)
        return self

    def query(self, vectors, k: int | None = None):
        if self._vectors is None:
            raise ValueError("`index` must be called before `query`")
        self.lookups += 1
        scores, rows = tf.math.top_k(vectors @ tf.transpose(self._vectors), k=k or self.k)
        return scores, [[self._ids[j] for j in row] for row in rows.numpy()]


class StreamingIndex:
    """Keeps the running best k while item batches go by."""

    def __init__(self, k: int = 3):
        self.k = k

    def _merge(self, state, batch):
        scores, ids = state
        new_scores, new_ids = batch
        joined = tf.concat([scores, new_scores], axis=1)
        best, pos = tf.math.top_k(joined, k=self.k)
        return best, tf.gather(tf.concat([ids, new_ids], axis=1), pos, batch_dims=1)

    def search(self, queries, batches):
        n = tf.shape(queries)[0]
        state = tf.fill([n, self.k], -1e9), tf.fill([n, self.k], -1)
        offset = 0
        for items in batches:
            scores = tf.matmul(queries, items, transpose_b=True)
            ids = tf.broadcast_to(tf.range(offset, offset + items.shape[0])[None], tf.shape(scores))
            state = self._merge(state, (scores, ids))
            offset += items.shape[0]
        return state
