# linear-chain CRF on top of an embedding + BiLSTM-ish encoder
import tensorflow as tf
import numpy as np
import logging
logging.basicConfig(format='%(levelname)s %(message)s')
logger = logging.getLogger('crf')
logger.setLevel(logging.INFO)

TAGS = ['O', 'B', 'I']


def sequence_score(inputs, tags, lengths, transitions):
    mask = tf.sequence_mask(lengths, maxlen=tf.shape(inputs)[1], dtype=tf.float32)
    unary = tf.gather(inputs, tags, batch_dims=2) * mask
    pair = tf.gather_nd(transitions, tf.stack([tags[:, :-1], tags[:, 1:]], -1)) * mask[:, 1:]
    return tf.reduce_sum(unary, 1) + tf.reduce_sum(pair, 1)


def log_norm(inputs, lengths, transitions):
    alpha = inputs[:, 0]
    for t in range(1, inputs.shape[1]):
        scores = alpha[:, :, None] + transitions[None]
        nxt = tf.reduce_logsumexp(scores, 1) + inputs[:, t]
        alpha = tf.where((lengths > t)[:, None], nxt, alpha)
    return tf.reduce_logsumexp(alpha, 1)


def crf_log_likelihood(inputs, tags, lengths, transitions):
    return sequence_score(inputs, tags, lengths, transitions) - log_norm(inputs, lengths, transitions)


def viterbi(score, transitions):
    """score: [T, K] array, plain numpy like in the papers"""
    score = score.numpy()
    trans = transitions.numpy()
    trellis = np.zeros_like(score)
    back = np.zeros_like(score, dtype=np.int32)
    trellis[0] = score[0]
    for t in range(1, score.shape[0]):
        v = trellis[t - 1][:, None] + trans
        trellis[t] = score[t] + v.max(0)
        back[t] = v.argmax(0)
    path = [int(trellis[-1].argmax())]
    for bp in reversed(back[1:]):
        path.append(int(bp[path[-1]]))
    return path[::-1], trellis[-1].max()


def viterbi_tf(score, transitions):
    def step(state, s):
        return tf.reduce_max(state[:, None] + transitions, 0) + s
    return tf.reduce_max(tf.scan(step, score)[-1])


class Tagger(tf.Module):
    def __init__(self, vocab, dim=6):
        super().__init__()
        k = len(TAGS)
        self.embedding = tf.Variable(tf.random.stateless_normal([vocab, dim], [0, 0]) * .5)
        self.conv = tf.Variable(tf.random.stateless_normal([3, dim, dim], [0, 1]) * .3)
        self.proj = tf.Variable(tf.random.stateless_normal([dim, k], [0, 2]) * .5)
        self.transitions = tf.Variable(tf.zeros([k, k]))
        self.oov = 0

    def emissions(self, tokens):
        x = tf.nn.embedding_lookup(self.embedding, tokens)
        x = tf.nn.relu(tf.nn.conv1d(x, self.conv, 1, 'SAME')) + x
        return x @ self.proj

    def loss(self, tokens, tags, lengths):
        ll = crf_log_likelihood(self.emissions(tokens), tags, lengths, self.transitions)
        return -tf.reduce_mean(ll)

    def decode(self, tokens, lengths):
        out = []
        em = self.emissions(tokens)
        for i, n in enumerate(lengths.numpy()):
            path, _ = viterbi(em[i, :n], self.transitions)
            out.append([TAGS[p] for p in path])
        return out


def train_step(model, batch, lr):
    tokens, tags, lengths = batch
    with tf.GradientTape() as tape:
        loss = model.loss(tokens, tags, lengths)
    grads = tape.gradient(loss, model.trainable_variables)
    for g, v in zip(grads, model.trainable_variables):
        v.assign_sub(lr * tf.convert_to_tensor(g))
    logger.info('loss %.4f', float(loss))
    return loss


def span_f1(gold, pred):
    def spans(seq):
        s, out = None, set()
        for i, t in enumerate(seq + ['O']):
            if t != 'I' and s is not None:
                out.add((s, i))
                s = None
            if t == 'B':
                s = i
        return out
    tp = fp = fn = 0
    for g, p in zip(gold, pred):
        g, p = spans(g), spans(p)
        tp, fp, fn = tp + len(g & p), fp + len(p - g), fn + len(g - p)
    return 2 * tp / max(1, 2 * tp + fp + fn)


def batches(n, seed):
    rng = np.random.RandomState(seed)
    for _ in range(n):
        tokens = rng.randint(1, 15, size=(3, 5))
        lengths = rng.randint(2, 6, size=3)
        tags = np.where(tokens > 10, 1, np.where(tokens > 7, 2, 0))
        yield tf.constant(tokens), tf.constant(tags), tf.constant(lengths)


def main():
    model = Tagger(15)
    lr = 0.5
    for b in batches(4, 0):
        train_step(model, b, lr)
        lr *= 0.9
    for tokens, tags, lengths in batches(3, 1):
        pred = model.decode(tokens, lengths)
        gold = [[TAGS[t] for t in row[:n]] for row, n in zip(tags.numpy(), lengths.numpy())]
        em = model.emissions(tokens)
        a = viterbi(em[0], model.transitions)[1]
        b = viterbi_tf(em[0], model.transitions)
        print(pred, round(span_f1(gold, pred), 3), np.isclose(a, b))
        print(model.loss(tokens, tags, lengths).numpy().round(4))


if __name__ == '__main__':
    main()
