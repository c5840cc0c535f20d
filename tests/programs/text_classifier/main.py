import logging
import re
from typing import Iterable, Iterator

import numpy as np
import tensorflow as tf

logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
log = logging.getLogger(__name__ if __name__ != "__main__" else "textclf")

POS = ["good great film", "loved the great acting", "a good good story", "great fun and good music"]
NEG = ["bad boring film", "hated the bad acting", "a boring story", "bad music and boring plot"]


def tokenize(text: str) -> list:
    return re.findall(r"[a-z]+", text.lower())


class Vocab:
    def __init__(self, texts: Iterable[str], hash_buckets: int = 2):
        words = sorted({w for t in texts for w in tokenize(t)})
        self.index = {w: i + 1 for i, w in enumerate(words)}
        self.hash_buckets = hash_buckets
        self.misses = 0

    def __len__(self):
        return len(self.index) + 1 + self.hash_buckets

    def lookup(self, w: str) -> int:
        i = self.index.get(w)
        if i is None:
            self.misses += 1
            i = len(self.index) + 1 + len(w) % self.hash_buckets
        return i

    def encode(self, text: str, length: int) -> np.ndarray:
        ids = [self.lookup(w) for w in tokenize(text)][:length]
        return np.array(ids + [0] * (length - len(ids)), dtype=np.int32)


def batches(texts, labels, vocab, length, size) -> Iterator:
    for i in range(0, len(texts), size):
        x = np.stack([vocab.encode(t, length) for t in texts[i:i + size]])
        yield tf.constant(x), tf.constant(labels[i:i + size], tf.float32)


class AttentionPooling(tf.keras.layers.Layer):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.score = tf.keras.layers.Dense(1)
        self.last_weights = None

    def call(self, x, mask):
        s = self.score(x)[..., 0]
        s = tf.where(mask, s, tf.fill(tf.shape(s), -1e9))
        w = tf.nn.softmax(s, axis=-1)
        self.last_weights = w
        return tf.reduce_sum(x * w[..., None], axis=1)


class Classifier(tf.keras.Model):
    def __init__(self, vocab_size, dim=8):
        super().__init__()
        self.embedding = tf.keras.layers.Embedding(vocab_size, dim)
        self.pool = AttentionPooling()
        self.out = tf.keras.layers.Dense(1)

    def call(self, tokens):
        e = self.embedding(tokens)
        return self.out(self.pool(e, mask=tokens > 0))[:, 0]


def fgm_perturbation(model, tokens, labels, epsilon):
    """Adversarial direction in embedding space."""
    table = model.embedding.embeddings
    e = tf.Variable(tf.gather(table, tokens))
    with tf.GradientTape() as tape:
        logits = model.out(model.pool(e.value(), mask=tokens > 0))[:, 0]
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))
    g = tape.gradient(loss, e)
    if g is None:
        return tf.zeros_like(e)
    return epsilon * g / (tf.norm(g) + 1e-8)


def train_batch(model, opt, tokens, labels):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, model(tokens)))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
    return loss.numpy()


def predict(model, vocab, text, length=5):
    p = tf.sigmoid(model(tf.constant([vocab.encode(text, length)])))
    score = p.numpy()[0]
    return "pos" if score > 0.5 else "neg", score


def explain(model, vocab, text, length=5):
    predict(model, vocab, text, length)
    weights = model.pool.last_weights[0].numpy()
    return sorted(zip(tokenize(text), weights.round(3).tolist()), key=lambda p: -p[1])


@tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
def ngram_hash(tokens):
    left, right = tokens[:, :-1], tokens[:, 1:]
    mixed = tf.bitwise.bitwise_xor(left * 31, right)
    return tf.math.floormod(mixed, 64)


def tfidf(counts):
    df = tf.reduce_sum(tf.cast(counts > 0, tf.float32), axis=0)
    idf = tf.math.log((1.0 + tf.cast(tf.shape(counts)[0], tf.float32)) / (1.0 + df)) + 1.0
    return tf.math.l2_normalize(counts * idf, axis=1)


def bag_of_words(tokens, size):
    return tf.reduce_sum(tf.one_hot(tokens, size), axis=1)


def main():
    tf.keras.utils.set_random_seed(77)
    texts, labels = POS + NEG, [1.0] * 4 + [0.0] * 4
    vocab = Vocab(texts)
    model, opt = Classifier(len(vocab)), tf.keras.optimizers.Adam(0.05)
    for epoch in range(3):
        losses = [train_batch(model, opt, x, y) for x, y in batches(texts, labels, vocab, 5, 4)]
        log.info("epoch %d loss %.4f", epoch, np.mean(losses))
    for text in ("a great story", "boring and bad", "unseen words here"):
        label, score = predict(model, vocab, text)
        print(text, "->", label, score.round(3), explain(model, vocab, text)[:2], "misses", vocab.misses)
    for x, y in list(batches(texts, labels, vocab, 4, 3)):
        print(tf.norm(fgm_perturbation(model, x, y, 0.5)).numpy().round(4), ngram_hash(x).numpy()[0],
              tfidf(bag_of_words(x, len(vocab))).numpy().sum().round(4))


if __name__ == "__main__":
    main()
