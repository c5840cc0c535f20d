"""Greedy, beam and sampled decoding from a small recurrent language model."""
from dataclasses import dataclass, field
from typing import Dict, List, Optional

import tensorflow as tf

BOS, EOS = 1, 2


class RecurrentLM(tf.Module):
    def __init__(self, vocab: int, units: int, seed: int = 0, name: Optional[str] = None):
        super().__init__(name=name)
        self.vocab, self.units = vocab, units
        g = tf.random.Generator.from_seed(seed)
        self.emb = tf.Variable(g.normal([vocab, units]), name="emb")
        self.w = tf.Variable(g.normal([units, units]) / units ** 0.5, name="w")
        self.u = tf.Variable(g.normal([units, units]) / units ** 0.5, name="u")
        self.out = tf.Variable(g.normal([units, vocab]), name="out")

    def initial_state(self, batch: int) -> tf.Tensor:
        return tf.zeros([batch, self.units])

    def step(self, token: tf.Tensor, state: tf.Tensor):
        x = tf.gather(self.emb, token)
        state = tf.tanh(x @ self.w + state @ self.u)
        return tf.nn.log_softmax(state @ self.out), state


@dataclass
class Beam:
    tokens: List[int]
    score: float
    state: tf.Tensor
    finished: bool = False

    def normalized(self, alpha: float) -> float:
        return self.score / (len(self.tokens) ** alpha)


@dataclass
class DecodeStats:
    steps: int = 0
    finished: Dict[str, int] = field(default_factory=dict)


stats = DecodeStats()


def greedy_decode(lm: RecurrentLM, prompt: tf.Tensor, max_len: int) -> tf.Tensor:
    batch = prompt.shape[0]
    state = lm.initial_state(batch)
    token = prompt
    outputs = []
    for _ in range(max_len):
        logp, state = lm.step(token, state)
        token = tf.argmax(logp, axis=-1, output_type=tf.int32)
        outputs.append(token)
        stats.steps += 1
    return tf.stack(outputs, axis=1)


def beam_search(lm: RecurrentLM, prompt: int, width: int, max_len: int, alpha: float = 0.7) -> List[Beam]:
    beams = [Beam([prompt], 0.0, lm.initial_state(1))]
    for _ in range(max_len):
        candidates: List[Beam] = []
        for beam in beams:
            if beam.finished:
                candidates.append(beam)
                continue
            logp, state = lm.step(tf.constant([beam.tokens[-1]]), beam.state)
            values, indices = tf.math.top_k(logp[0], k=width)
            for v, i in zip(values.numpy(), indices.numpy()):
                candidates.append(Beam(beam.tokens + [int(i)], beam.score + float(v), state, bool(i == EOS)))
        candidates.sort(key=lambda b: b.normalized(alpha), reverse=True)
        beams = candidates[:width]
        if all(b.finished for b in beams):
            break
    stats.finished["beam"] = sum(b.finished for b in beams)
    return beams


def top_k_filter(logits: tf.Tensor, k: int) -> tf.Tensor:
    kth = tf.math.top_k(logits, k=k).values[:, -1:]
    return tf.where(logits < kth, tf.fill(tf.shape(logits), -1e9), logits)


def nucleus_filter(logits: tf.Tensor, p: float) -> tf.Tensor:
    order = tf.argsort(logits, direction="DESCENDING")
    sorted_logits = tf.gather(logits, order, batch_dims=1)
    cumulative = tf.cumsum(tf.nn.softmax(sorted_logits), axis=-1, exclusive=True)
    masked = tf.where(cumulative > p, tf.fill(tf.shape(logits), -1e9), sorted_logits)
    inverse = tf.argsort(order)
    return tf.gather(masked, inverse, batch_dims=1)


def sample(lm: RecurrentLM, prompt: tf.Tensor, max_len: int, temperature: float = 1.0,
           top_k: Optional[int] = None, top_p: Optional[float] = None, seed: int = 0) -> tf.Tensor:
    state = lm.initial_state(prompt.shape[0])
    token, out = prompt, [prompt]
    for t in range(max_len):
        logits, state = lm.step(token, state)
        logits = logits / temperature
        if top_k is not None:
            logits = top_k_filter(logits, top_k)
        if top_p is not None:
            logits = nucleus_filter(logits, top_p)
        token = tf.random.stateless_categorical(logits, 1, seed=[seed, t], dtype=tf.int32)[:, 0]
        out.append(token)
    return tf.stack(out, axis=1)


def repetition_penalty(logits: tf.Tensor, generated: tf.Tensor, penalty: float) -> tf.Tensor:
    counts = tf.reduce_sum(tf.one_hot(generated, tf.shape(logits)[-1]), axis=1)
    adjusted = tf.where(logits > 0, logits / penalty, logits * penalty)
    return tf.where(counts > 0, adjusted, logits)


def perplexity(lm: RecurrentLM, tokens: tf.Tensor) -> tf.Tensor:
    state = lm.initial_state(tokens.shape[0])
    total = tf.zeros([tokens.shape[0]])
    for t in range(tokens.shape[1] - 1):
        logp, state = lm.step(tokens[:, t], state)
        total -= tf.gather(logp, tokens[:, t + 1], batch_dims=1)
    return tf.exp(total / (tokens.shape[1] - 1))


def main():
    lm = RecurrentLM(12, 8, seed=3)
    for prompt in ([1, 4], [5, 6], [7, 3]):
        seqs = greedy_decode(lm, tf.constant(prompt), 6)
        print("greedy", seqs.numpy().tolist(), "ppl", perplexity(lm, seqs).numpy().round(3))
    for width in (1, 2, 3):
        best = beam_search(lm, BOS, width, 5)[0]
        print("beam", width, best.tokens, round(best.score, 4), best.finished)
    prompt = tf.constant([1, 1])
    print(sample(lm, prompt, 5, temperature=0.8).numpy().tolist())
    print(sample(lm, prompt, 5, top_k=3, seed=1).numpy().tolist())
    print(sample(lm, prompt, 5, top_p=0.7, seed=2).numpy().tolist())
    for s in range(3):
        logits = tf.random.stateless_normal([2, 12], [s, s])
        gen = tf.constant([[1, 2, 2], [3, 4, 5 + s]])
        print(repetition_penalty(logits, gen, 1.2).numpy().round(2)[0, :4], nucleus_filter(logits, 0.6).numpy().max())
    print(stats)


if __name__ == "__main__":
    main()
