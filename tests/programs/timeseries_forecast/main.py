import numpy as np
import tensorflow as tf

MAX_EPOCHS = 2
OUT_STEPS = 4


def make_series(n, seed=0):
    rng = np.random.RandomState(seed)
    t = np.arange(n)
    return np.stack([np.sin(t / 3.0) + 0.1 * rng.randn(n), np.cos(t / 5.0), t / n], axis=1).astype(np.float32)


class WindowGenerator:
    def __init__(self, input_width, label_width, shift, data, label_columns=None):
        self.data = data
        self.input_width = input_width
        self.label_width = label_width
        self.label_columns = label_columns
        self.total_window_size = input_width + shift
        self.input_slice = slice(0, input_width)
        self.label_start = self.total_window_size - self.label_width
        self.labels_slice = slice(self.label_start, None)

    def split_window(self, features):
        inputs = features[:, self.input_slice, :]
        labels = features[:, self.labels_slice, :]
        if self.label_columns is not None:
            labels = tf.stack([labels[:, :, c] for c in self.label_columns], axis=-1)
        inputs.set_shape([None, self.input_width, None])
        labels.set_shape([None, self.label_width, None])
        return inputs, labels

    def make_dataset(self, data):
        ds = tf.keras.utils.timeseries_dataset_from_array(
            data=data, targets=None, sequence_length=self.total_window_size, sequence_stride=1,
            shuffle=False, batch_size=8)
        return ds.map(self.split_window)

    @property
    def example(self):
        result = getattr(self, '_example', None)
        if result is None:
            result = next(iter(self.make_dataset(self.data)))
            self._example = result
        return result


class Baseline(tf.keras.Model):
    def __init__(self, label_index=None):
        super().__init__()
        self.label_index = label_index

    def call(self, inputs):
        if self.label_index is None:
            return inputs
        result = inputs[:, :, self.label_index]
        return result[:, :, tf.newaxis]


class RepeatBaseline(tf.keras.Model):
    def call(self, inputs):
        return tf.tile(inputs[:, -1:, :], [1, OUT_STEPS, 1])


class FeedBack(tf.keras.Model):
    def __init__(self, units, out_steps, num_features):
        super().__init__()
        self.out_steps = out_steps
        self.units = units
        self.lstm_cell = tf.keras.layers.LSTMCell(units)
        self.lstm_rnn = tf.keras.layers.RNN(self.lstm_cell, return_state=True, unroll=True)
        self.dense = tf.keras.layers.Dense(num_features)

    def warmup(self, inputs):
        x, *state = self.lstm_rnn(inputs)
        prediction = self.dense(x)
        return prediction, state

    def call(self, inputs, training=None):
        predictions = []
        prediction, state = self.warmup(inputs)
        predictions.append(prediction)
        for n in range(1, self.out_steps):
            x = prediction
            x, state = self.lstm_cell(x, states=state, training=training)
            prediction = self.dense(x)
            predictions.append(prediction)
        predictions = tf.stack(predictions)
        predictions = tf.transpose(predictions, [1, 0, 2])
        return predictions


def quantile_loss(q):
    def loss(y, pred):
        e = y - pred
        return tf.reduce_mean(tf.maximum(q * e, (q - 1) * e))
    return loss


def smape(y, pred):
    return 200.0 * tf.reduce_mean(tf.abs(y - pred) / (tf.abs(y) + tf.abs(pred) + 1e-6))


def mase(y, pred, train):
    naive = tf.reduce_mean(tf.abs(train[1:] - train[:-1]))
    return float(tf.reduce_mean(tf.abs(y - pred)) / naive)


def exponential_smoothing(x, alpha):
    level = x[0]
    fitted = [level]
    for i in range(1, x.shape[0]):
        level = alpha * x[i] + (1 - alpha) * level
        fitted.append(level)
    return tf.stack(fitted)


def tune_alpha(x, candidates):
    best = None, float('inf')
    for a in candidates:
        f = exponential_smoothing(x, a)
        err = tf.reduce_mean(tf.square(x[1:] - f[:-1])).numpy()
        if err < best[1]:
            best = a, err
    return best


def ar_fit(x, order):
    rows = tf.stack([x[i:i + order] for i in range(len(x) - order)])
    return tf.linalg.lstsq(rows, x[order:, None])[:, 0]


def ar_predict(x, coef, steps):
    order = coef.shape[0]
    hist = list(tf.unstack(x[-order:]))
    for _ in range(steps):
        hist.append(tf.reduce_sum(tf.stack(hist[-order:]) * coef))
    return tf.stack(hist[order:])


def compile_and_fit(model, window):
    model.compile(loss=tf.keras.losses.MeanSquaredError(), optimizer=tf.keras.optimizers.SGD(0.05))
    return model.fit(window.make_dataset(window.data), epochs=MAX_EPOCHS, verbose=0)


def main():
    tf.keras.utils.set_random_seed(22)
    data = make_series(30)
    w = WindowGenerator(6, OUT_STEPS, OUT_STEPS, data)
    single = WindowGenerator(6, 6, 1, data, label_columns=[0])
    x, y = w.example
    print(x.shape, y.shape, single.example[1].shape, Baseline(0)(single.example[0]).shape)
    model = FeedBack(6, OUT_STEPS, 3)
    print([round(v, 4) for v in compile_and_fit(model, w).history['loss']])
    for m in (model, RepeatBaseline(), tf.keras.Sequential([RepeatBaseline()])):
        p = m(x)
        print(type(m).__name__, smape(y, p).numpy().round(2), round(mase(y, p, tf.constant(data)), 3))
    for k in range(3):
        s = tf.constant(data[:, k])
        coef = ar_fit(s, 2 + k)
        a, e = tune_alpha(s, (0.2, 0.5, 0.8))
        print(ar_predict(s, coef, 3).numpy().round(3), a, round(float(e), 4), quantile_loss(0.1 + 0.4 * k)(s[1:], s[:-1]).numpy().round(4))


if __name__ == '__main__':
    main()
