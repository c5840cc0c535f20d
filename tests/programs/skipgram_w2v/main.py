"""word2vec (skip-gram, negative sampling), as in the tutorial, with a few of our own additions."""
import collections
import io
import re
import string

import numpy as np
import tensorflow as tf

SEED = 42
AUTOTUNE = tf.data.AUTOTUNE

TEXT = """the quick brown fox jumps over the lazy dog and the quick cat
the wide road shimmered in the hot sun
a lazy dog and a lazy cat sleep in the sun""".splitlines()


def custom_standardization(input_data):
    lowercase = tf.strings.lower(input_data)
    return tf.strings.regex_replace(lowercase, '[%s]' % re.escape(string.punctuation), '')


def build_vocab(lines):
    counts = collections.Counter(w for line in lines for w in line.split())
    vocab = {'<pad>': 0}
    for w, _ in sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])):
        vocab[w] = len(vocab)
    return vocab


def lookup_table(vocab):
    init = tf.lookup.KeyValueTensorInitializer(list(vocab.keys()), tf.constant(list(vocab.values()), tf.int64))
    return tf.lookup.StaticHashTable(init, default_value=0)


def tokenize(line, table):
    return table.lookup(tf.strings.split(custom_standardization(line)))


def subsample_probs(size, power=0.75):
    ranks = np.arange(size) + 1.0
    p = 1.0 / ranks ** power
    return p / p.sum()


def generate_training_data(sequences, window_size, num_ns, vocab_size, seed):
    targets, contexts, labels = [], [], []
    for sequence in sequences:
        pairs, _ = tf.keras.preprocessing.sequence.skipgrams(
            sequence, vocabulary_size=vocab_size, window_size=window_size, negative_samples=0, shuffle=False)
        for target_word, context_word in pairs:
            context_class = tf.expand_dims(tf.constant([context_word], dtype="int64"), 1)
            negative_sampling_candidates, _, _ = tf.random.log_uniform_candidate_sampler(
                true_classes=context_class, num_true=1, num_sampled=num_ns, unique=True,
                range_max=vocab_size, seed=seed, name="negative_sampling")
            context = tf.concat([tf.squeeze(context_class, 1), negative_sampling_candidates], 0)
            label = tf.constant([1] + [0] * num_ns, dtype="int64")
            targets.append(target_word)
            contexts.append(context)
            labels.append(label)
    return targets, contexts, labels


class Word2Vec(tf.keras.Model):
    def __init__(self, vocab_size, embedding_dim):
        super(Word2Vec, self).__init__()
        self.target_embedding = tf.keras.layers.Embedding(vocab_size, embedding_dim, name="w2v_embedding")
        self.context_embedding = tf.keras.layers.Embedding(vocab_size, embedding_dim)

    def call(self, pair):
        target, context = pair
        if len(target.shape) == 2:
            target = tf.squeeze(target, axis=1)
        word_emb = self.target_embedding(target)
        context_emb = self.context_embedding(context)
        dots = tf.einsum('be,bce->bc', word_emb, context_emb)
        return dots


def custom_loss(x_logit, y_true):
    return tf.nn.sigmoid_cross_entropy_with_logits(logits=x_logit, labels=tf.cast(y_true, tf.float32))


def most_similar(emb, word, vocab, k=3):
    inverse = {v: w for w, v in vocab.items()}
    e = tf.math.l2_normalize(emb, axis=1)
    sims = tf.linalg.matvec(e, e[vocab[word]])
    vals, idx = tf.math.top_k(sims, k + 1)
    return [(inverse[int(i)], round(float(v), 3)) for v, i in zip(vals[1:], idx[1:])]


def analogy(emb, a, b, c):
    q = emb[b] - emb[a] + emb[c]
    d = tf.norm(emb - q, axis=1)
    return int(tf.argmin(d))


def save_vectors(emb, vocab, path):
    with io.open(path, 'w', encoding='utf-8') as out:
        for word, i in vocab.items():
            if i == 0:
                continue
            out.write(word + '\t' + '\t'.join('%.4f' % x for x in emb[i].numpy()) + '\n')


def main():
    tf.keras.utils.set_random_seed(SEED)
    vocab = build_vocab(TEXT)
    table = lookup_table(vocab)
    sequences = [tokenize(line, table).numpy().tolist() for line in TEXT]
    targets, contexts, labels = generate_training_data(sequences, 1, 2, len(vocab), SEED)
    ds = tf.data.Dataset.from_tensor_slices(((np.array(targets), np.stack(contexts)), np.stack(labels)))
    ds = ds.batch(32, drop_remainder=True)
    model = Word2Vec(len(vocab), 6)
    model.compile(optimizer='adam', loss=tf.keras.losses.CategoricalCrossentropy(from_logits=True))
    model.fit(ds, epochs=2, verbose=0)
    emb = model.get_layer('w2v_embedding').embeddings
    emb = tf.convert_to_tensor(emb)
    for w in ('lazy', 'sun', 'the'):
        print(w, len(most_similar(emb, w, vocab)), 0 <= analogy(emb, 1, 2, vocab[w]) < len(vocab))
    for k in range(3):
        logits = tf.random.stateless_normal([4, 3], [k, 1])
        print(custom_loss(logits, tf.one_hot([0, 1, 2, 0], 3)).numpy().mean().round(4), subsample_probs(4 + k).round(3))
    save_vectors(emb, vocab, 'vectors.tsv')
    print(sum(1 for _ in open('vectors.tsv')), 'vectors')


if __name__ == '__main__':
    main()
