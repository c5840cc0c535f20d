import tensorflow as tf
import numpy as np
from tensorflow import sparse


def edges_to_sparse(edges, n, weights=None):
    edges = np.unique(np.asarray(edges, dtype=np.int64), axis=0)
    w = np.ones(len(edges), np.float32) if weights is None else np.asarray(weights, np.float32)
    return sparse.reorder(sparse.SparseTensor(edges, w, (n, n)))


def out_degree(adj):
    return sparse.reduce_sum(adj, axis=1)


def transition(adj):
    deg = tf.gather(out_degree(adj), adj.indices[:, 0])
    return sparse.SparseTensor(adj.indices, adj.values / deg, adj.dense_shape)


def pagerank(adj, damping=0.85, iters=10):
    n = adj.shape[0]
    p = transition(adj)
    dangling = tf.cast(tf.equal(out_degree(adj), 0.), tf.float32)
    rank = tf.fill([n, 1], 1. / n)
    for _ in range(iters):
        lost = tf.reduce_sum(dangling * rank[:, 0])
        rank = (1 - damping) / n + damping * (sparse.sparse_dense_matmul(p, rank, adjoint_a=True) + lost / n)
    return rank[:, 0]


def pagerank_converged(adj, tol, damping=0.85):
    n = adj.shape[0]
    p = transition(adj)
    rank = tf.fill([n, 1], 1. / n)
    deltas = []
    while True:
        new = (1 - damping) / n + damping * sparse.sparse_dense_matmul(p, rank, adjoint_a=True)
        new /= tf.reduce_sum(new)
        delta = tf.reduce_sum(tf.abs(new - rank)).numpy()
        deltas.append(delta)
        rank = new
        if delta < tol or len(deltas) == 30:
            return rank[:, 0], len(deltas)


def hits(adj, iters):
    h = tf.ones([adj.shape[0], 1])
    for i in range(iters):
        a = sparse.sparse_dense_matmul(adj, h, adjoint_a=True)
        a = a / tf.norm(a)
        h = sparse.sparse_dense_matmul(adj, a)
        h = h / tf.norm(h)
    return tf.squeeze(h, 1), tf.squeeze(a, 1)


def label_propagation(adj, labels, mask, alpha=0.8, iters=6):
    """labels one-hot, mask 1 where known"""
    d = tf.math.rsqrt(tf.maximum(out_degree(adj), 1e-6))
    vals = adj.values * tf.gather(d, adj.indices[:, 0]) * tf.gather(d, adj.indices[:, 1])
    s = sparse.SparseTensor(adj.indices, vals, adj.dense_shape)
    y0 = labels * mask[:, None]
    y = y0
    for _ in range(iters):
        y = alpha * sparse.sparse_dense_matmul(s, y) + (1 - alpha) * y0
    return tf.argmax(y, axis=1)


def spectral_embedding(adj, k):
    a = sparse.to_dense(adj)
    a = tf.maximum(a, tf.transpose(a))
    d = tf.reduce_sum(a, 1)
    lap = tf.linalg.diag(d) - a
    val, vec = tf.linalg.eigh(lap)
    return tf.abs(vec[:, 1:k + 1]), val[:k + 1]


def shortest_paths(w):
    """Floyd-Warshall on a dense matrix"""
    n = w.shape[0]
    d = w
    for k in range(n):
        d = tf.minimum(d, d[:, k:k + 1] + d[k:k + 1, :])
    return d


def bfs_levels(adj, start):
    n = adj.shape[0]
    dense = sparse.to_dense(adj) > 0
    level = np.full(n, -1)
    frontier = [start]
    depth = 0
    while frontier:
        for v in frontier:
            level[v] = depth
        depth += 1
        mask = tf.reduce_any(tf.gather(dense, frontier), axis=0)
        frontier = [int(v) for v in tf.where(mask)[:, 0] if level[int(v)] < 0]
    return level


def triangle_count(adj):
    a = sparse.to_dense(adj)
    a = tf.cast(tf.logical_or(a > 0, tf.transpose(a) > 0), tf.float32)
    a = a - tf.linalg.diag(tf.linalg.diag_part(a))
    return int(tf.linalg.trace(a @ a @ a) / 6)


class RandomWalker:
    def __init__(self, adj, seed):
        self.dense = sparse.to_dense(adj).numpy()
        self.rng = np.random.default_rng(seed)
        self.visits = np.zeros(len(self.dense), int)

    def walk(self, start, length):
        path = [start]
        for _ in range(length):
            nbrs = np.flatnonzero(self.dense[path[-1]])
            nxt = int(self.rng.choice(nbrs)) if len(nbrs) else start
            self.visits[nxt] += 1
            path.append(nxt)
        return tf.constant(path)


def main():
    for seed, n in ((0, 8), (1, 8), (2, 10)):
        rng = np.random.default_rng(seed)
        adj = edges_to_sparse(rng.integers(0, n, size=(3 * n, 2)), n)
        pr = pagerank(adj)
        prc, it = pagerank_converged(adj, 1e-4)
        print('rank', pr.numpy().round(3)[:4], 'iterations', it, prc.numpy().argmax())
        h, a = hits(adj, 4)
        print('hits', h.numpy().round(3)[:3], a.numpy().round(3)[:3])
        labels = tf.one_hot(np.arange(n) % 2, 2)
        print('labels', label_propagation(adj, labels, tf.constant((np.arange(n) < 4).astype('float32'))).numpy())
        vec, val = spectral_embedding(adj, 2)
        print('spectral', val.numpy().round(3), vec.shape, 'triangles', triangle_count(adj))
        w = tf.where(sparse.to_dense(adj) > 0, 1.0, 1e3) * (1 - tf.eye(n))
        print('paths', tf.reduce_max(shortest_paths(w)).numpy(), bfs_levels(adj, 0))
        rw = RandomWalker(adj, seed)
        print('walk', rw.walk(0, 5).numpy(), rw.walk(1, 3).numpy(), rw.visits.sum())


if __name__ == '__main__':
    main()
