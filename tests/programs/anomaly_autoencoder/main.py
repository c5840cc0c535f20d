"""Anomaly detection in multivariate sensor data by reconstruction error."""
import json
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers, losses
from tensorflow.keras.models import Model


class AnomalyDetector(Model):
    def __init__(self, dim):
        super(AnomalyDetector, self).__init__()
        self.encoder = tf.keras.Sequential([
            tf.keras.Input((dim,)),
            layers.Dense(8, activation="relu"),
            layers.Dense(3, activation="relu")])
        self.decoder = tf.keras.Sequential([
            tf.keras.Input((3,)),
            layers.Dense(8, activation="relu"),
            layers.Dense(dim, activation="linear")])

    def call(self, x):
        encoded = self.encoder(x)
        decoded = self.decoder(encoded)
        return decoded


class Scaler:
    def __init__(self):
        self.lo = self.hi = None

    def fit(self, x):
        self.lo = tf.reduce_min(x)
        self.hi = tf.reduce_max(x)
        return self

    def transform(self, x):
        return (x - self.lo) / (self.hi - self.lo)


def reconstruction_error(model, data):
    reconstructions = model(data)
    return losses.mae(reconstructions, data)


def pick_threshold(errors, k=1.0):
    threshold = np.mean(errors) + k * np.std(errors)
    return threshold


def predict(model, data, threshold):
    loss = tf.reduce_mean(tf.abs(model(data) - data), axis=-1)
    return tf.math.less(loss, threshold)


def print_stats(predictions, labels):
    tp = np.sum((predictions == 1) & (labels == 1))
    acc = np.mean(predictions == labels)
    precision = tp / max(np.sum(predictions), 1)
    recall = tp / max(np.sum(labels), 1)
    print("Accuracy = {:.3f} Precision = {:.3f} Recall = {:.3f}".format(acc, precision, recall))
    return {"acc": round(float(acc), 3), "recall": round(float(recall), 3)}


def windows(series, size, step=1):
    out = []
    for i in range(0, len(series) - size + 1, step):
        out.append(series[i:i + size])
    return tf.stack(out)


def sensor_series(n, seed, spikes=()):
    t = tf.range(n, dtype=tf.float32)
    x = tf.sin(t * 0.5) + 0.1 * tf.random.stateless_normal([n], [seed, 3])
    for s in spikes:
        x = tf.tensor_scatter_nd_add(x, [[s]], [4.0])
    return x


def mahalanobis_score(train, x):
    mean = tf.reduce_mean(train, axis=0)
    c = train - mean
    cov = tf.matmul(c, c, transpose_a=True) / float(train.shape[0] - 1) + 1e-3 * tf.eye(train.shape[1])
    chol = tf.linalg.cholesky(cov)
    z = tf.linalg.triangular_solve(chol, tf.transpose(x - mean))
    return tf.reduce_sum(z ** 2, axis=0)


class StreamingDetector(object):
    """Online z-score with forgetting."""

    def __init__(self, alpha=0.1, limit=3.5):
        self.alpha, self.limit = alpha, limit
        self.mean = tf.Variable(0.0)
        self.var = tf.Variable(1.0)
        self.alarms = []
        self.t = 0

    def update(self, value):
        z = (value - self.mean) / tf.sqrt(self.var)
        delta = value - self.mean
        self.mean.assign_add(self.alpha * delta)
        self.var.assign((1 - self.alpha) * (self.var + self.alpha * delta ** 2))
        self.t += 1
        if tf.abs(z) > self.limit:
            self.alarms.append(self.t)
            return True
        return False


@tf.function
def smoothed(errors, beta):
    out = tf.TensorArray(tf.float32, size=tf.shape(errors)[0])
    s = errors[0]
    for i in tf.range(tf.shape(errors)[0]):
        s = beta * s + (1 - beta) * errors[i]
        out = out.write(i, s)
    return out.stack()


def report(path, rows):
    with open(path, "w") as f:
        json.dump(rows, f, indent=1)


def main():
    tf.keras.utils.set_random_seed(10)
    train = windows(sensor_series(40, 0), 6)
    scaler = Scaler().fit(train)
    model = AnomalyDetector(6)
    model.compile(optimizer="adam", loss="mae")
    model.fit(scaler.transform(train), scaler.transform(train), epochs=3, batch_size=12, verbose=0, shuffle=False)
    errors = reconstruction_error(model, scaler.transform(train)).numpy()
    threshold = pick_threshold(errors)
    print('thresholds', [pick_threshold(errors, k).round(3) for k in (0.5, 2.0)])
    rows = []
    for seed, spikes in ((1, (5,)), (2, ()), (3, (4, 12))):
        series = sensor_series(20, seed, spikes)
        x = scaler.transform(windows(series, 6, 2))
        normal = predict(model, x, threshold)
        labels = np.array([not any(i <= s < i + 6 for s in spikes) for i in range(0, 15, 2)])
        rows.append(print_stats(normal.numpy(), labels))
        print(mahalanobis_score(scaler.transform(train), x).numpy().max().round(1), smoothed(reconstruction_error(model, x), 0.5).numpy().round(3)[-2:])
        det = StreamingDetector()
        flags = [det.update(v) for v in series]
        print(sum(flags), det.alarms, det.mean.numpy().round(3))
    report("report.json", rows)


if __name__ == "__main__":
    main()
