import tensorflow as tf


@tf.function
def f1(y, predicted):
    tp = tf.reduce_sum(y * predicted)
    fp = tf.reduce_sum((1 - y) * predicted)
    fn = tf.reduce_sum(y * (1 - predicted))
    return tf.math.divide_no_nan(2 * tp, 2 * tp + fp + fn)


@tf.function
def recall_at(scores, labels, k):
    top = tf.math.top_k(scores, k).indices
    hits = tf.reduce_any(tf.equal(top, labels[:, None]), axis=1)
    return tf.reduce_mean(tf.cast(hits, tf.float32))
