import tensorflow as tf


def in_batch_softmax(queries, items, temperature=0.1, item_log_freq=None):
    logits = tf.matmul(queries, items, transpose_b=True) / temperature
    if item_log_freq is not None:
        logits = logits - item_log_freq[None, :]
    labels = tf.range(tf.shape(queries)[0])
    per_example = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return tf.reduce_mean(per_example), logits


def hard_negatives(logits, k):
    n = logits.shape[0]
    masked = tf.linalg.set_diag(logits, tf.fill([n], -1e9))
    return tf.math.top_k(masked, k=min(k, n - 1)).indices


def uniformity(x, t=2.0):
    sq = tf.reduce_sum(tf.square(x[:, None] - x[None]), -1)
    off = 1.0 - tf.eye(tf.shape(x)[0])
    return tf.math.log(tf.reduce_sum(tf.exp(-t * sq) * off) / tf.reduce_sum(off))


def mrr(logits):
    ranks = tf.argsort(tf.argsort(logits, direction="DESCENDING", axis=1), axis=1)
    own = tf.linalg.diag_part(ranks) + 1
    return tf.reduce_mean(1.0 / tf.cast(own, tf.float32)).numpy()
