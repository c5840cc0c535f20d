# Neural machine translation with attention, the way we do it in class (toy copy/reverse task)
import tensorflow as tf
import numpy as np
import os
import time

PAD, START, END = 0, 1, 2
vocab_size = 12
BATCH_SIZE = 4
embedding_dim = 8
units = 16


def make_pairs(n, seed):
    rng = np.random.RandomState(seed)
    src, tgt = [], []
    for _ in range(n):
        k = rng.randint(1, 3)
        w = rng.randint(3, vocab_size, size=k)
        src.append([START] + list(w) + [END])
        tgt.append([START] + list(w[::-1]) + [END])
    pad = lambda s: tf.keras.preprocessing.sequence.pad_sequences(s, maxlen=4, padding='post')
    return pad(src), pad(tgt)


class Encoder(tf.keras.Model):
    def __init__(self, vocab_size, embedding_dim, enc_units, batch_sz):
        super(Encoder, self).__init__()
        self.batch_sz = batch_sz
        self.enc_units = enc_units
        self.embedding = tf.keras.layers.Embedding(vocab_size, embedding_dim)
        self.gru = tf.keras.layers.GRU(self.enc_units, return_sequences=True, return_state=True,
                                       recurrent_initializer='glorot_uniform', unroll=True)

    def call(self, x, hidden):
        x = self.embedding(x)
        output, state = self.gru(x, initial_state=hidden)
        return output, state

    def initialize_hidden_state(self):
        return tf.zeros((self.batch_sz, self.enc_units))


class BahdanauAttention(tf.keras.layers.Layer):
    def __init__(self, units):
        super(BahdanauAttention, self).__init__()
        self.W1 = tf.keras.layers.Dense(units)
        self.W2 = tf.keras.layers.Dense(units)
        self.V = tf.keras.layers.Dense(1)

    def call(self, query, values):
        query_with_time_axis = tf.expand_dims(query, 1)
        score = self.V(tf.nn.tanh(self.W1(query_with_time_axis) + self.W2(values)))
        attention_weights = tf.nn.softmax(score, axis=1)
        context_vector = attention_weights * values
        context_vector = tf.reduce_sum(context_vector, axis=1)
        return context_vector, attention_weights


class Decoder(tf.keras.Model):
    def __init__(self, vocab_size, embedding_dim, dec_units, batch_sz):
        super(Decoder, self).__init__()
        self.batch_sz = batch_sz
        self.dec_units = dec_units
        self.embedding = tf.keras.layers.Embedding(vocab_size, embedding_dim)
        self.cell = tf.keras.layers.GRUCell(self.dec_units)
        self.fc = tf.keras.layers.Dense(vocab_size)
        self.attention = BahdanauAttention(self.dec_units)

    def call(self, x, hidden, enc_output):
        context_vector, attention_weights = self.attention(hidden, enc_output)
        x = self.embedding(x)
        x = tf.concat([context_vector, tf.squeeze(x, 1)], axis=-1)
        output, state = self.cell(x, hidden)
        x = self.fc(output)
        return x, state, attention_weights


loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction='none')


def loss_function(real, pred):
    mask = tf.math.logical_not(tf.math.equal(real, 0))
    loss_ = loss_object(real, pred)
    mask = tf.cast(mask, dtype=loss_.dtype)
    loss_ *= mask
    return tf.reduce_mean(loss_)


tf.keras.utils.set_random_seed(12)
encoder = Encoder(vocab_size, embedding_dim, units, BATCH_SIZE)
decoder = Decoder(vocab_size, embedding_dim, units, BATCH_SIZE)
optimizer = tf.keras.optimizers.SGD(0.1)


@tf.function
def train_step(inp, targ, enc_hidden):
    loss = 0

    with tf.GradientTape() as tape:
        enc_output, enc_hidden = encoder(inp, enc_hidden)
        dec_hidden = enc_hidden
        dec_input = tf.expand_dims([START] * BATCH_SIZE, 1)

        # Teacher forcing - feeding the target as the next input
        for t in range(1, targ.shape[1]):
            predictions, dec_hidden, _ = decoder(dec_input, dec_hidden, enc_output)
            loss += loss_function(targ[:, t], predictions)
            dec_input = tf.expand_dims(targ[:, t], 1)

    batch_loss = (loss / int(targ.shape[1]))
    variables = encoder.trainable_variables + decoder.trainable_variables
    gradients = tape.gradient(loss, variables)
    optimizer.apply_gradients(zip(gradients, variables))
    return batch_loss


def evaluate(sentence, max_length_targ=4):
    attention_plot = np.zeros((max_length_targ, len(sentence)))
    inputs = tf.convert_to_tensor([sentence])
    result = []
    hidden = [tf.zeros((1, units))]
    enc_out, enc_hidden = encoder(inputs, hidden[0])
    dec_hidden = enc_hidden
    dec_input = tf.expand_dims([START], 0)

    for t in range(max_length_targ):
        predictions, dec_hidden, attention_weights = decoder(dec_input, dec_hidden, enc_out)
        attention_weights = tf.reshape(attention_weights, (-1,))
        attention_plot[t] = attention_weights.numpy()
        predicted_id = tf.argmax(predictions[0]).numpy()
        result.append(int(predicted_id))
        if predicted_id == END:
            return result, attention_plot
        dec_input = tf.expand_dims([predicted_id], 0)

    return result, attention_plot


def main():
    src, tgt = make_pairs(12, 0)
    dataset = tf.data.Dataset.from_tensor_slices((src, tgt)).batch(BATCH_SIZE, drop_remainder=True)
    for epoch in range(2):
        enc_hidden = encoder.initialize_hidden_state()
        total_loss = 0
        for (batch, (inp, targ)) in enumerate(dataset):
            batch_loss = train_step(inp, targ, enc_hidden)
            total_loss += batch_loss
            if batch % 2 == 0:
                print('Epoch {} Batch {} Loss {:.4f}'.format(epoch + 1, batch, batch_loss.numpy()))
        print('Epoch {} Loss {:.4f}'.format(epoch + 1, total_loss / 3))

    for row in src[:3]:
        words, attn = evaluate(row)
        print(list(row), '->', words, attn.sum(axis=1).round(2))


if __name__ == '__main__':
    main()
