"""Text to batches: vocabulary, sub-words, masking; functions for `Dataset.map` and functions for Python."""
import collections
import string

import tensorflow as tf

graph = tf.function
CORPUS = ["The cat sat on the mat.", "A dog, a cat and a mat!", "Sat the dog on a cat?", "mats and dogs"]
PAD, UNKNOWN, MASK = 0, 1, 2


@graph
def clean(text):
    text = tf.strings.lower(text)
    return tf.strings.regex_replace(text, "[%s]" % string.punctuation, "")


@graph
def clean_python(text):
    return "".join(c for c in text.lower() if c not in string.punctuation)


@graph
def pair_counts(words):
    counts = collections.Counter()
    for word, n in words.items():
        for a, b in zip(word, word[1:]):
            counts[a + b] += n
    return dict(counts)


@graph
def best_pair(counts):
    return max(sorted(counts), key=counts.get)


class Vocabulary:
    def __init__(self, words):
        self.words = ["[PAD]", "[UNK]", "[MASK]"] + sorted(set(words))
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(self.words, tf.range(len(self.words), dtype=tf.int64)), UNKNOWN
        )

    @graph
    def encode(self, text):
        words = tf.strings.split(clean(text))
        return self.table.lookup(words)

    @graph
    def decode(self, ids):
        return " ".join(self.words[i] for i in ids)

    @graph
    def __len__(self):
        return len(self.words)

    @graph
    def size(self):
        return len(self.words)


@graph
def mask_tokens(ids, rate, seed):
    chosen = tf.random.stateless_uniform(tf.shape(ids), seed) < rate
    chosen = chosen & (ids != PAD)
    return tf.where(chosen, tf.cast(MASK, ids.dtype), ids), tf.where(chosen, ids, tf.zeros_like(ids))


@graph(
    input_signature=[tf.TensorSpec([None, None], tf.int64)],
)
def lengths(ids):
    return tf.reduce_sum(tf.cast(ids != PAD, tf.int32), axis=1)


@graph
def pad_to(ids, length):
    return tf.pad(ids, [[0, length - ids.shape[0]]])


@graph
def position_names(n):
    return ["p%d" % i for i in range(n)]


def ngrams(ids, n):
    return tf.stack([ids[i:ids.shape[0] - n + 1 + i] for i in range(n)], axis=1)


def skip_pairs(ids, window=1):
    pairs = []
    for i in range(len(ids)):
        for j in range(max(0, i - window), min(len(ids), i + window + 1)):
            if i != j:
                pairs.append((ids[i], ids[j]))
    return tf.convert_to_tensor(pairs)


def batches(vocabulary):
    data = tf.data.Dataset.from_tensor_slices(CORPUS).map(vocabulary.encode)
    data = data.map(lambda ids: ids[:5]).padded_batch(2)
    return data.enumerate().map(lambda i, ids: mask_tokens(ids, 0.3, tf.stack([i, 1])))


def text_of(value):
    value = value.numpy() if tf.is_tensor(value) else value
    return value.decode() if isinstance(value, bytes) else str(value)


def main():
    words = collections.Counter()
    for text in CORPUS:
        cleaned = text_of(clean_python(text))
        assert cleaned == text_of(clean(tf.constant(text)))
        words.update(cleaned.split())
    counts = {pair: int(n) for pair, n in pair_counts(dict(words)).items()}
    print(text_of(best_pair(counts)), len(counts))
    vocabulary = Vocabulary(words)
    print(int(vocabulary.size()))
    for text in CORPUS:
        ids = vocabulary.encode(tf.constant(text))
        print(text_of(vocabulary.decode([int(i) for i in ids])), pad_to(ids, 8).numpy().tolist())
        print(ngrams(ids, 2).numpy().tolist(), skip_pairs(ids).shape)
        print([text_of(name) for name in position_names(len(ids))])
    for masked, labels in batches(vocabulary):
        print(masked.numpy().tolist(), labels.numpy().tolist(), lengths(masked).numpy())


if __name__ == "__main__":
    main()
