import tensorflow as tf
from tensorflow import keras


class Tower(keras.layers.Layer):
    def __init__(self, buckets: int, dim: int, **kwargs):
        super().__init__(**kwargs)
        self.buckets = buckets
        self.embedding = keras.layers.Embedding(buckets, dim)
        self.project = keras.layers.Dense(dim)

    def build(self, input_shape):
        self.embedding.build(None)
        self.project.build((None, self.embedding.output_dim))
        self.built = True

    def call(self, ids):
        pooled = tf.reduce_mean(self.embedding(ids), axis=1)
        return tf.math.l2_normalize(self.project(pooled), axis=-1)


def hash_tokens(texts, buckets, length=4):
    tokens = tf.strings.split(texts).to_tensor(default_value="", shape=[None, length])
    return tf.strings.to_hash_bucket_fast(tokens, buckets)


class DualEncoder(keras.Model):
    def __init__(self, buckets: int = 50, dim: int = 6):
        super().__init__()
        self.buckets = buckets
        self.query_tower = Tower(buckets, dim, name="query")
        self.item_tower = Tower(buckets, dim, name="item")
        self.query_tower.build((None, None))
        self.item_tower.build((None, None))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def encode_queries(self, texts):
        return self.query_tower(hash_tokens(texts, self.buckets))

    def encode_items(self, texts):
        return self.item_tower(hash_tokens(texts, self.buckets))

    def call(self, inputs):
        q, i = inputs
        return self.encode_queries(q), self.encode_items(i)
