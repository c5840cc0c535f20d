import tensorflow as tf


def cross_entropy(labels, logits):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)


def accuracy(labels, logits):
    return tf.cast(tf.equal(tf.argmax(logits, axis=-1), labels), tf.float32)


def top_k_accuracy(k):
    def top_k(labels, logits):
        return tf.cast(tf.math.in_top_k(labels, logits, k), tf.float32)

    return top_k


def brier(labels, logits):
    p = tf.nn.softmax(logits)
    return tf.reduce_sum(tf.square(p - tf.one_hot(labels, logits.shape[-1])), -1)


@tf.function
def expected_calibration_error(labels, logits, bins=5):
    p = tf.nn.softmax(logits)
    conf = tf.reduce_max(p, -1)
    hit = accuracy(labels, logits)
    idx = tf.cast(tf.minimum(conf * bins, bins - 1e-3), tf.int32)
    gap = tf.math.unsorted_segment_sum(conf - hit, idx, bins)
    return tf.reduce_sum(tf.abs(gap)) / tf.cast(tf.shape(labels)[0], tf.float32)


def temperature_scale(logits, labels, steps=5, lr=0.1):
    log_t = tf.Variable(0.0)
    for _ in range(steps):
        with tf.GradientTape() as tape:
            nll = tf.reduce_mean(cross_entropy(labels, logits / tf.exp(log_t)))
        log_t.assign_sub(lr * tape.gradient(nll, log_t))
    return float(tf.exp(log_t))
