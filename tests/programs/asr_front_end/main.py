"""Speech features and a greedy CTC decoder, ported from NumPy one function at a time."""
import functools

import numpy as np
import tensorflow as tf

ALPHABET = "-abcdefgh "
FRAME, HOP = 16, 8


def graph(fn=None, **options):
    """The team's decorator: a graph that keeps the docstring and counts its calls."""
    if fn is None:
        return functools.partial(graph, **options)
    traced = tf.function(fn, **options)

    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        return traced(*args, **kwargs)

    return wrapper


@graph
def preemphasis(signal, coefficient=0.97):
    return tf.concat([signal[:1], signal[1:] - coefficient * signal[:-1]], 0)


@graph
def frame_count(length):
    return 1 + max(0, (length - FRAME) // HOP)


@graph
def log_energies(signal):
    frames = tf.signal.frame(signal, FRAME, HOP)
    window = tf.signal.hann_window(FRAME)
    spectrum = tf.abs(tf.signal.rfft(frames * window))
    return tf.math.log(spectrum ** 2 + 1e-6)


@graph(reduce_retracing=True)
def normalise(features):
    mean = tf.reduce_mean(features, 0, keepdims=True)
    std = tf.math.reduce_std(features, 0, keepdims=True)
    return (features - mean) / (std + 1e-5)


@tf.function
def text_to_ids(text):
    return [ALPHABET.index(c) for c in text]


@tf.function
def ids_to_text(ids):
    return "".join(ALPHABET[i] for i in ids)


@tf.function
def collapse(ids):
    """Merge repeats, drop blanks."""
    out, last = [], None
    for i in ids:
        if i != last and i != 0:
            out.append(i)
        last = i
    return out


@tf.function
def edit_distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


@tf.function
def greedy(logits):
    return tf.argmax(logits, axis=-1).numpy().tolist()


def beam_step(beams, log_probs, width):
    grown = []
    for prefix, score in beams:
        for i, p in enumerate(log_probs.numpy()):
            grown.append((prefix + [i], score + float(p)))
    grown.sort(key=lambda item: -item[1])
    return grown[:width]


beam_step_graph = tf.function(beam_step)


class Acoustic(tf.Module):
    def __init__(self, features, outputs, seed):
        super().__init__()
        self.w = tf.Variable(tf.random.stateless_normal([features, outputs], [seed, 0]) * 0.3)
        self.b = tf.Variable(tf.zeros([outputs]))

    @tf.function(input_signature=[tf.TensorSpec([None, FRAME // 2 + 1])])
    def __call__(self, features):
        return tf.nn.log_softmax(features @ self.w + self.b)


def numbers(items):
    return [int(item) for item in items]


def main():
    rng = np.random.default_rng(2)
    model = Acoustic(FRAME // 2 + 1, len(ALPHABET), 7)
    for n, reference in [(80, "abba"), (96, "cab"), (120, "dad had")]:
        signal = tf.constant(rng.normal(size=n), tf.float32)
        features = normalise(log_energies(preemphasis(signal)))
        assert int(frame_count(n)) == features.shape[0]
        logits = model(features)
        try:
            ids = greedy(logits)
        except AttributeError:
            ids = tf.argmax(logits, -1).numpy().tolist()
        try:
            beams = beam_step_graph([([], 0.0)], logits[0], 2)
        except AttributeError:
            beams = beam_step([([], 0.0)], logits[0], 2)
        best = numbers(collapse(ids))
        text = ids_to_text(best)
        text = text.numpy().decode() if tf.is_tensor(text) else text
        distance = int(edit_distance(text, reference))
        print(repr(text), distance, numbers(text_to_ids(reference)), numbers(beams[0][0]))
        print(round(float(tf.reduce_mean(features)), 4), round(float(tf.reduce_sum(logits)), 3))


if __name__ == "__main__":
    main()
