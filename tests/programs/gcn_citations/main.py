"""Two-layer graph convolution and a GAT head on a synthetic citation graph."""

import numpy as np
import tensorflow as tf
from tensorflow.keras import initializers, layers


def random_graph(n_nodes, n_edges, seed):
    rng = np.random.default_rng(seed)
    src = rng.integers(0, n_nodes, n_edges)
    dst = rng.integers(0, n_nodes, n_edges)
    edges = np.stack([np.concatenate([src, dst]), np.concatenate([dst, src])], axis=1)
    return np.unique(edges, axis=0)


def normalized_adjacency(edges, n):
    loops = np.stack([np.arange(n), np.arange(n)], axis=1)
    idx = np.unique(np.concatenate([edges, loops]), axis=0)
    deg = np.bincount(idx[:, 0], minlength=n).astype("float32")
    vals = 1.0 / np.sqrt(deg[idx[:, 0]] * deg[idx[:, 1]])
    return tf.sparse.reorder(tf.SparseTensor(idx, vals.astype("float32"), (n, n)))


class GraphConv(layers.Layer):
    def __init__(self, units, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.activation = tf.keras.activations.get(activation)

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="glorot_uniform",
                                      name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        super().build(input_shape)

    def call(self, x, adj):
        h = tf.matmul(x, self.kernel)
        h = tf.sparse.sparse_dense_matmul(adj, h)
        return self.activation(h + self.bias)


class GCN(tf.keras.Model):
    def __init__(self, hidden, classes):
        super().__init__()
        self.conv1 = GraphConv(hidden, "relu")
        self.conv2 = GraphConv(classes)
        self.dropout = layers.Dropout(0.2, seed=1)

    def call(self, x, adj, training=False):
        h = self.conv1(x, adj=adj)
        h = self.dropout(h, training=training)
        return self.conv2(h, adj=adj)


def edge_softmax(scores, dst, num_nodes):
    m = tf.math.unsorted_segment_max(scores, dst, num_nodes)
    e = tf.exp(scores - tf.gather(m, dst))
    z = tf.math.unsorted_segment_sum(e, dst, num_nodes)
    return e / tf.gather(z, dst)


def gat_layer(x, edges, w, a_src, a_dst):
    n = tf.shape(x)[0]
    h = tf.matmul(x, w)
    s = tf.reduce_sum(h * a_src, -1)
    d = tf.reduce_sum(h * a_dst, -1)
    score = tf.nn.leaky_relu(tf.gather(s, edges[:, 0]) + tf.gather(d, edges[:, 1]), 0.2)
    alpha = edge_softmax(score, edges[:, 1], n)
    messages = tf.gather(h, edges[:, 0]) * alpha[:, None]
    return tf.math.unsorted_segment_sum(messages, edges[:, 1], n)


def mean_aggregate(x, edges):
    return tf.math.unsorted_segment_mean(tf.gather(x, edges[:, 0]), edges[:, 1], x.shape[0])


def masked_softmax_ce(logits, labels, mask):
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    mask = tf.cast(mask, tf.float32)
    mask /= tf.reduce_mean(mask)
    return tf.reduce_mean(loss * mask)


def masked_accuracy(logits, labels, mask):
    ok = tf.cast(tf.argmax(logits, 1) == labels, tf.float32)
    return tf.reduce_sum(ok * mask) / tf.reduce_sum(mask)


def l2(weights, scale=5e-4):
    total = 0.0
    for w in weights:
        if "kernel" in w.name:
            total += scale * tf.nn.l2_loss(w)
    return total


def fit(model, optimizer, x, adj, labels, train_mask, val_mask, epochs, patience=2):
    best, wait = np.inf, 0
    for epoch in range(epochs):
        with tf.GradientTape() as tape:
            logits = model(x, adj=adj, training=True)
            loss = masked_softmax_ce(logits, labels, train_mask) + l2(model.trainable_weights)
        grads = tape.gradient(loss, model.trainable_weights)
        optimizer.apply_gradients(zip(grads, model.trainable_weights))
        val = float(masked_softmax_ce(model(x, adj=adj), labels, val_mask))
        print(f"epoch {epoch}: loss={loss.numpy():.4f} val={val:.4f}")
        if val < best:
            best, wait = val, 0
        else:
            wait += 1
            if wait >= patience:
                print("early stop at", epoch)
                break
    return best


def main():
    tf.keras.utils.set_random_seed(2)
    n = 20
    edges = random_graph(n, 40, 0)
    adj = normalized_adjacency(edges, n)
    rng = np.random.default_rng(1)
    x = tf.constant(rng.normal(size=(n, 6)), tf.float32)
    labels = tf.constant(rng.integers(0, 3, n))
    train_mask = tf.constant((np.arange(n) % 2 == 0).astype("float32"))
    model = GCN(8, 3)
    for lr in (0.02, 0.01, 0.3):
        opt = tf.keras.optimizers.Adam(lr)
        best = fit(model, opt, x, adj, labels, train_mask, 1.0 - train_mask, 5)
        acc = masked_accuracy(model(x, adj=adj), labels, 1.0 - train_mask)
        print("lr", lr, "best", round(best, 4), "acc", acc.numpy())

    e = tf.constant(edges, tf.int32)
    w = tf.constant(rng.normal(size=(6, 4)), tf.float32)
    for k in range(3):
        out = gat_layer(x * (k + 1.0), e[k:], w, w[0], w[1])
        print(out.shape, out.numpy().sum().round(3), mean_aggregate(x + k, e).numpy().sum().round(3))


if __name__ == "__main__":
    main()
