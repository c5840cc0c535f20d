import random
import numpy as np
import tensorflow as tf
from tensorflow.keras import metrics, Model, layers, optimizers


def embedding_model(dim):
    inp = layers.Input((10,))
    x = layers.Dense(16, activation="relu")(inp)
    x = layers.BatchNormalization()(x)
    return Model(inp, layers.Dense(dim)(x), name="Embedding")


class DistanceLayer(layers.Layer):
    """Distances anchor-positive and anchor-negative."""

    def call(self, anchor, positive, negative):
        ap_distance = tf.reduce_sum(tf.square(anchor - positive), -1)
        an_distance = tf.reduce_sum(tf.square(anchor - negative), -1)
        return (ap_distance, an_distance)


class SiameseModel(Model):
    def __init__(self, embedding, margin=0.5):
        super().__init__()
        self.embedding = embedding
        self.distance = DistanceLayer()
        self.margin = margin
        self.loss_tracker = metrics.Mean(name="loss")

    def call(self, inputs):
        a, p, n = inputs
        return self.distance(self.embedding(a), self.embedding(p), self.embedding(n))

    def train_step(self, data):
        with tf.GradientTape() as tape:
            loss = self._compute_loss(data)
        gradients = tape.gradient(loss, self.embedding.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.embedding.trainable_weights))
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}

    def _compute_loss(self, data):
        ap_distance, an_distance = self(data)
        loss = ap_distance - an_distance
        loss = tf.maximum(loss + self.margin, 0.0)
        return loss

    @property
    def metrics(self):
        return [self.loss_tracker]


# ---- batch-all and batch-hard mining --------------------------------------

def _pairwise_distances(embeddings, squared=False):
    dot_product = tf.matmul(embeddings, tf.transpose(embeddings))
    square_norm = tf.linalg.diag_part(dot_product)
    distances = tf.expand_dims(square_norm, 0) - 2.0 * dot_product + tf.expand_dims(square_norm, 1)
    distances = tf.maximum(distances, 0.0)
    if not squared:
        mask = tf.cast(tf.equal(distances, 0.0), tf.float32)
        distances = distances + mask * 1e-16
        distances = tf.sqrt(distances)
        distances = distances * (1.0 - mask)
    return distances


def _get_anchor_positive_triplet_mask(labels):
    indices_equal = tf.cast(tf.eye(tf.shape(labels)[0]), tf.bool)
    indices_not_equal = tf.logical_not(indices_equal)
    labels_equal = tf.equal(tf.expand_dims(labels, 0), tf.expand_dims(labels, 1))
    return tf.logical_and(indices_not_equal, labels_equal)


def _get_anchor_negative_triplet_mask(labels):
    return tf.logical_not(tf.equal(tf.expand_dims(labels, 0), tf.expand_dims(labels, 1)))


def batch_hard_triplet_loss(labels, embeddings, margin, squared=False):
    d = _pairwise_distances(embeddings, squared=squared)
    mask_ap = tf.cast(_get_anchor_positive_triplet_mask(labels), tf.float32)
    hardest_positive = tf.reduce_max(d * mask_ap, axis=1, keepdims=True)
    mask_an = tf.cast(_get_anchor_negative_triplet_mask(labels), tf.float32)
    max_an = tf.reduce_max(d, axis=1, keepdims=True)
    hardest_negative = tf.reduce_min(d + max_an * (1.0 - mask_an), axis=1, keepdims=True)
    return tf.reduce_mean(tf.maximum(hardest_positive - hardest_negative + margin, 0.0))


def batch_all_triplet_loss(labels, embeddings, margin):
    d = _pairwise_distances(embeddings, squared=True)
    triplet = tf.expand_dims(d, 2) - tf.expand_dims(d, 1) + margin
    mask = tf.logical_and(tf.expand_dims(_get_anchor_positive_triplet_mask(labels), 2),
                          tf.expand_dims(_get_anchor_negative_triplet_mask(labels), 1))
    triplet = tf.maximum(tf.cast(mask, tf.float32) * triplet, 0.0)
    num_positive = tf.reduce_sum(tf.cast(tf.greater(triplet, 1e-16), tf.float32))
    num_valid = tf.reduce_sum(tf.cast(mask, tf.float32))
    return tf.reduce_sum(triplet) / (num_positive + 1e-16), (num_positive / (num_valid + 1e-16)).numpy()


class TripletSource:
    def __init__(self, x, y):
        self.by_class = {c: x[y == c] for c in np.unique(y)}

    def __iter__(self):
        return self

    def __next__(self):
        c = random.choice(list(self.by_class))
        o = random.choice([k for k in self.by_class if k != c])
        pool = self.by_class[c]
        i, j = random.sample(range(len(pool)), 2)
        return pool[i], pool[j], random.choice(list(self.by_class[o]))

    def batch(self, n):
        return tuple(tf.constant(np.stack(col)) for col in zip(*(next(self) for _ in range(n))))


def recall_at_1(emb, labels):
    d = _pairwise_distances(emb) + 1e6 * tf.eye(len(labels))
    nearest = tf.argmin(d, axis=1)
    return float(tf.reduce_mean(tf.cast(tf.gather(labels, nearest) == labels, tf.float32)))


def main():
    random.seed(1)
    tf.keras.utils.set_random_seed(1)
    rng = np.random.RandomState(1)
    y = np.arange(18) % 3
    x = (rng.randn(18, 10) * 0.5 + np.eye(10)[y] * 2).astype("float32")
    source = TripletSource(x, y)
    model = SiameseModel(embedding_model(4))
    model.compile(optimizer=optimizers.Adam(0.01))
    for step in range(4):
        loss = model.train_step(source.batch(6))["loss"]
        print("step", step, float(loss).__round__(4))
    labels = tf.constant(y)
    for margin in (0.2, 0.5, 1.0):
        emb = model.embedding(x, training=False)
        hard = batch_hard_triplet_loss(labels, emb, margin, squared=margin > 0.4)
        allv, frac = batch_all_triplet_loss(labels, emb, margin)
        print(margin, hard.numpy().round(4), allv.numpy().round(4), frac.round(3), recall_at_1(emb, labels))
        print(model((x[:3], x[3:6], x[6:9]))[0].shape)


if __name__ == "__main__":
    main()
