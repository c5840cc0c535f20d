import tensorflow as tf
from tensorflow.keras import backend as K


def dice_coef(y_true, y_pred, smooth=1.0):
    y_true_f = tf.reshape(y_true, [-1])
    y_pred_f = tf.reshape(y_pred, [-1])
    intersection = tf.reduce_sum(y_true_f * y_pred_f)
    return (2. * intersection + smooth) / (tf.reduce_sum(y_true_f) + tf.reduce_sum(y_pred_f) + smooth)


def dice_loss(y_true, y_pred):
    return 1 - dice_coef(y_true, y_pred)


def focal_loss(gamma=2., alpha=.25):
    def focal_loss_fixed(y_true, y_pred):
        pt_1 = tf.where(tf.equal(y_true, 1), y_pred, tf.ones_like(y_pred))
        pt_0 = tf.where(tf.equal(y_true, 0), y_pred, tf.zeros_like(y_pred))
        pt_1 = tf.clip_by_value(pt_1, 1e-3, .999)
        pt_0 = tf.clip_by_value(pt_0, 1e-3, .999)
        return -tf.reduce_sum(alpha * tf.pow(1. - pt_1, gamma) * tf.math.log(pt_1)) \
            - tf.reduce_sum((1 - alpha) * tf.pow(pt_0, gamma) * tf.math.log(1. - pt_0))
    return focal_loss_fixed


def tversky(y_true, y_pred, alpha=0.7):
    tp = tf.reduce_sum(y_true * y_pred)
    fn = tf.reduce_sum(y_true * (1 - y_pred))
    fp = tf.reduce_sum((1 - y_true) * y_pred)
    score = tp / (tp + alpha * fn + (1 - alpha) * fp + 1e-6)
    return float(score)


def weighted_bce(y_true, y_pred, w0, w1):
    eps = 1e-7
    y_pred = tf.clip_by_value(y_pred, eps, 1 - eps)
    loss = -(w1 * y_true * tf.math.log(y_pred) + w0 * (1 - y_true) * tf.math.log(1 - y_pred))
    return tf.reduce_mean(loss)


def confusion(y_true, y_pred, threshold=0.5):
    pred = tf.cast(y_pred > threshold, tf.float32)
    tp = tf.reduce_sum(pred * y_true)
    fp = tf.reduce_sum(pred * (1 - y_true))
    fn = tf.reduce_sum((1 - pred) * y_true)
    tn = tf.reduce_sum((1 - pred) * (1 - y_true))
    return {'tp': tp, 'fp': fp, 'fn': fn, 'tn': tn}


def f1_from_confusion(c):
    if c['tp'] == 0:
        return 0.0
    precision = c['tp'] / (c['tp'] + c['fp'])
    recall = c['tp'] / (c['tp'] + c['fn'])
    return 2 * precision * recall / (precision + recall)


def roc_auc(y_true, y_score):
    order = tf.argsort(y_score, direction='DESCENDING')
    y = tf.gather(y_true, order)
    tpr = tf.cumsum(y) / tf.reduce_sum(y)
    fpr = tf.cumsum(1 - y) / tf.reduce_sum(1 - y)
    dx = fpr[1:] - fpr[:-1]
    return tf.reduce_sum(dx * (tpr[1:] + tpr[:-1]) / 2)


class F1Score(tf.keras.metrics.Metric):
    def __init__(self, name='f1', threshold=0.5, **kwargs):
        super().__init__(name=name, **kwargs)
        self.threshold = threshold
        self.tp = self.add_weight(name='tp', initializer='zeros')
        self.fp = self.add_weight(name='fp', initializer='zeros')
        self.fn = self.add_weight(name='fn', initializer='zeros')

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = tf.cast(y_true, tf.float32)
        pred = tf.cast(y_pred >= self.threshold, tf.float32)
        w = 1.0 if sample_weight is None else tf.cast(sample_weight, tf.float32)
        self.tp.assign_add(tf.reduce_sum(y_true * pred * w))
        self.fp.assign_add(tf.reduce_sum((1 - y_true) * pred * w))
        self.fn.assign_add(tf.reduce_sum(y_true * (1 - pred) * w))

    def result(self):
        p = tf.math.divide_no_nan(self.tp, self.tp + self.fp)
        r = tf.math.divide_no_nan(self.tp, self.tp + self.fn)
        return tf.math.divide_no_nan(2 * p * r, p + r)

    def reset_state(self):
        for v in (self.tp, self.fp, self.fn):
            v.assign(0.)


class RunningMean:
    """poor man's metric"""

    def __init__(self):
        self.total = 0.0
        self.n = 0

    def update(self, value):
        self.total += value
        self.n += 1

    @property
    def value(self):
        return self.total / max(self.n, 1)


def evaluate_all(y_true, y_pred, running):
    running.update(dice_coef(y_true, y_pred))
    conf = confusion(y_true, y_pred)
    return [f1_from_confusion(conf), roc_auc(y_true, y_pred), tversky(y_true, y_pred)]


def main():
    fl = focal_loss(gamma=1.5)
    metric, running = F1Score(), RunningMean()
    for seed in range(4):
        y_pred = tf.random.stateless_uniform([8], [seed, 1])
        y_true = tf.cast(tf.random.stateless_uniform([8], [seed, 2]) < y_pred, tf.float32)
        metric.update_state(y_true, y_pred)
        print('focal %.4f dice %.4f bce %.4f' % (fl(y_true, y_pred), dice_loss(y_true, y_pred),
                                                weighted_bce(y_true, y_pred, 0.5, 2.0)))
        print([round(float(v), 4) for v in evaluate_all(y_true, y_pred, running)])
        print('metric', metric.result().numpy())
    print(evaluate_all(tf.constant([1., 0., 0.]), tf.constant([.1, .2, .3]), running))
    print('running', float(running.value), running.n)


if __name__ == '__main__':
    main()
