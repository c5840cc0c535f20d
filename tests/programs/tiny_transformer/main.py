import numpy as np
import tensorflow as tf


def positional_encoding(length, depth):
    depth = depth / 2
    positions = np.arange(length)[:, np.newaxis]
    depths = np.arange(depth)[np.newaxis, :] / depth
    angle_rates = 1 / (10000 ** depths)
    angle_rads = positions * angle_rates
    pos_encoding = np.concatenate([np.sin(angle_rads), np.cos(angle_rads)], axis=-1)
    return tf.cast(pos_encoding, dtype=tf.float32)


def create_padding_mask(seq):
    seq = tf.cast(tf.math.equal(seq, 0), tf.float32)
    return seq[:, tf.newaxis, tf.newaxis, :]


def create_look_ahead_mask(size):
    return 1 - tf.linalg.band_part(tf.ones((size, size)), -1, 0)


def scaled_dot_product_attention(q, k, v, mask):
    matmul_qk = tf.matmul(q, k, transpose_b=True)
    dk = tf.cast(tf.shape(k)[-1], tf.float32)
    scaled_attention_logits = matmul_qk / tf.math.sqrt(dk)
    if mask is not None:
        scaled_attention_logits += mask * -1e9
    attention_weights = tf.nn.softmax(scaled_attention_logits, axis=-1)
    output = tf.matmul(attention_weights, v)
    return output, attention_weights


class MultiHeadAttention(tf.keras.layers.Layer):
    def __init__(self, d_model, num_heads):
        super().__init__()
        assert d_model % num_heads == 0
        self.num_heads = num_heads
        self.d_model = d_model
        self.depth = d_model // num_heads
        self.wq = tf.keras.layers.Dense(d_model)
        self.wk = tf.keras.layers.Dense(d_model)
        self.wv = tf.keras.layers.Dense(d_model)
        self.dense = tf.keras.layers.Dense(d_model)

    def split_heads(self, x, batch_size):
        x = tf.reshape(x, (batch_size, -1, self.num_heads, self.depth))
        return tf.transpose(x, perm=[0, 2, 1, 3])

    def call(self, x, mask=None):
        batch_size = tf.shape(x)[0]
        q = self.split_heads(self.wq(x), batch_size)
        k = self.split_heads(self.wk(x), batch_size)
        v = self.split_heads(self.wv(x), batch_size)
        attention, weights = scaled_dot_product_attention(q, k, v, mask)
        attention = tf.transpose(attention, perm=[0, 2, 1, 3])
        concat = tf.reshape(attention, (batch_size, -1, self.d_model))
        return self.dense(concat)


class DecoderBlock(tf.keras.layers.Layer):
    def __init__(self, d_model, num_heads, dff, rate=0.1):
        super().__init__()
        self.mha = MultiHeadAttention(d_model, num_heads)
        self.ffn1 = tf.keras.layers.Dense(dff, activation='relu')
        self.ffn2 = tf.keras.layers.Dense(d_model)
        self.norm1 = tf.keras.layers.LayerNormalization(epsilon=1e-6)
        self.norm2 = tf.keras.layers.LayerNormalization(epsilon=1e-6)
        self.drop = tf.keras.layers.Dropout(rate, seed=5)

    def call(self, x, mask=None, training=False):
        a = self.drop(self.mha(x, mask=mask), training=training)
        x = self.norm1(x + a)
        return self.norm2(x + self.ffn2(self.ffn1(x)))


class TinyGPT(tf.keras.Model):
    def __init__(self, vocab, d_model=16, heads=2, layers=1, max_len=32):
        super().__init__()
        self.d_model = d_model
        self.emb = tf.keras.layers.Embedding(vocab, d_model)
        self.pos = positional_encoding(max_len, d_model)
        self.blocks = [DecoderBlock(d_model, heads, 32) for _ in range(layers)]
        self.head = tf.keras.layers.Dense(vocab)

    def call(self, tokens, training=False):
        length = tf.shape(tokens)[1]
        mask = tf.maximum(create_padding_mask(tokens), create_look_ahead_mask(length))
        x = self.emb(tokens) * tf.math.sqrt(tf.cast(self.d_model, tf.float32))
        x = x + self.pos[tf.newaxis, :length, :]
        for block in self.blocks:
            x = block(x, mask=mask, training=training)
        return self.head(x)


def masked_loss(label, pred):
    mask = label != 0
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=pred)
    mask = tf.cast(mask, dtype=loss.dtype)
    return tf.reduce_sum(loss * mask) / tf.reduce_sum(mask)


def masked_accuracy(label, pred):
    pred = tf.argmax(pred, axis=2, output_type=label.dtype)
    match = label == pred
    mask = label != 0
    match = match & mask
    return tf.reduce_sum(tf.cast(match, tf.float32)) / tf.reduce_sum(tf.cast(mask, tf.float32))


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.opt = tf.keras.optimizers.SGD(lr, momentum=0.9)
        self.step_fn = tf.function(self._step, reduce_retracing=True)

    def _step(self, tokens):
        inp, tar = tokens[:, :-1], tokens[:, 1:]
        with tf.GradientTape() as tape:
            logits = self.model(inp, training=True)
            loss = masked_loss(tar, logits)
        variables = self.model.trainable_variables
        self.opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return loss, masked_accuracy(tar, logits)


def main():
    tf.keras.utils.set_random_seed(0)
    model = TinyGPT(20)
    trainer = Trainer(model, 3e-2)
    rng = np.random.RandomState(0)
    for i, length in enumerate([8, 8, 10]):
        tokens = rng.randint(1, 20, size=(4, length)).astype("int32")
        tokens[0, -2:] = 0
        loss, acc = trainer.step_fn(tf.constant(tokens))
        print(f"step {i}: loss {loss:.4f} acc {acc:.4f}")
    for n in (3, 4, 5):
        toks = tf.constant(rng.randint(1, 20, size=(2, n)), tf.int32)
        out = model(toks)
        print(n, out.shape, masked_loss(toks, out).numpy().round(3), masked_accuracy(toks, out).numpy())
        q = out[:, :, :8]
        print(scaled_dot_product_attention(q, q, q, create_look_ahead_mask(n))[1].numpy()[0, -1].round(3))


if __name__ == "__main__":
    main()
