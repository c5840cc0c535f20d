import tensorflow as tf
import numpy as np
import random


def gen_blobs(n_per, centers, seed=0):
    pts = []
    for i, c in enumerate(centers):
        noise = tf.random.stateless_normal([n_per, 2], seed=[seed, i])
        pts.append(tf.constant(c, tf.float32) + .4 * noise)
    return tf.concat(pts, 0)


def init_random(points, k):
    idx = random.sample(range(points.shape[0]), k)
    return tf.gather(points, idx)


def init_plusplus(points, k):
    centers = [points[random.randrange(len(points))]]
    while len(centers) < k:
        d = pairwise_sq(points, tf.stack(centers))
        w = tf.reduce_min(d, axis=1).numpy()
        cum = np.cumsum(w / w.sum())
        centers.append(points[int(np.searchsorted(cum, random.random()))])
    return tf.stack(centers)


def pairwise_sq(a, b):
    aa = tf.reduce_sum(a * a, 1, keepdims=True)
    bb = tf.reduce_sum(b * b, 1)
    return tf.maximum(aa - 2 * tf.matmul(a, b, transpose_b=True) + bb, 0.)


def assign(points, centroids):
    return tf.argmin(pairwise_sq(points, centroids), axis=1, output_type=tf.int32)


def update(points, labels, k):
    sums = tf.math.unsorted_segment_sum(points, labels, k)
    counts = tf.math.unsorted_segment_sum(tf.ones([tf.shape(points)[0], 1]), labels, k)
    return tf.math.divide_no_nan(sums, counts)


def lloyd_iteration(points, centroids):
    labels = assign(points, centroids)
    new = update(points, labels, centroids.shape[0])
    empty = tf.reduce_all(tf.equal(new, 0.), axis=1, keepdims=True)
    return tf.where(empty, centroids, new), labels


def inertia(points, centroids):
    return tf.reduce_sum(tf.reduce_min(pairwise_sq(points, centroids), axis=1))


class KMeans:
    def __init__(self, k, max_iter=10, tol=1e-4, init='random', verbose=False):
        self.k = k
        self.max_iter = max_iter
        self.tol = tol
        self.init = init
        self.verbose = verbose
        self.centroids_ = None
        self.n_iter_ = 0

    def fit(self, points):
        if self.init == 'random':
            self.centroids_ = init_random(points, self.k)
        else:
            self.centroids_ = init_plusplus(points, self.k)
        prev = None
        for i in range(self.max_iter):
            self.centroids_, labels = lloyd_iteration(points, self.centroids_)
            self.n_iter_ = i + 1
            cur = inertia(points, self.centroids_).numpy()
            if self.verbose:
                print('  iter %d inertia %.4f' % (i, cur))
            if prev is not None and abs(prev - cur) < self.tol * prev:
                break
            prev = cur
        self.labels_ = labels
        return self

    def predict(self, points):
        if self.centroids_ is None:
            raise ValueError('call fit first')
        return assign(points, self.centroids_)

    def score(self, points):
        return -inertia(points, self.centroids_).numpy()


def silhouette(points, labels, k):
    d = tf.sqrt(pairwise_sq(points, points))
    one = tf.one_hot(labels, k)
    counts = tf.reduce_sum(one, 0)
    mean_d = tf.matmul(d, one) / tf.maximum(counts, 1.)
    own = tf.reduce_sum(mean_d * one, 1)
    other = tf.reduce_min(mean_d + one * 1e9, axis=1)
    return tf.reduce_mean((other - own) / tf.maximum(own, other))


def minibatch_kmeans(points, k, steps, batch):
    centroids = tf.Variable(points[:k])
    counts = tf.Variable(tf.zeros([k]))
    for s in range(steps):
        chunk = tf.gather(points, [(s * batch + j) % points.shape[0] for j in range(batch)])
        lab = assign(chunk, centroids)
        for j in range(batch):
            c = int(lab[j])
            counts[c].assign(counts[c] + 1)
            eta = 1 / counts[c]
            centroids[c].assign((1 - eta) * centroids[c] + eta * chunk[j])
    return centroids


def main():
    random.seed(8)
    pts = gen_blobs(12, [(0, 0), (3, 3), (-3, 2)])
    for init in ('random', 'k-means++', 'random'):
        km = KMeans(3, init=init, verbose=init != 'random').fit(pts)
        print(init, km.n_iter_, round(float(km.score(pts)), 4))
        print('  silhouette', silhouette(pts, km.labels_, 3).numpy().round(4))
        print('  predict', km.predict(pts[::9]).numpy())
    for k in (2, 3, 4):
        c = minibatch_kmeans(pts, k, 2, 5)
        print(c.numpy().round(2).tolist())


if __name__ == '__main__':
    main()
