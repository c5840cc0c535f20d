"""Hidden Markov models: forward-backward, Baum-Welch, Viterbi, sampling."""
import typing as t

import numpy as np
import tensorflow as tf

NEG_INF = -1e30


class HMM(t.NamedTuple):
    log_pi: tf.Tensor
    log_A: tf.Tensor
    log_B: tf.Tensor


def random_hmm(states: int, symbols: int, seed: int) -> HMM:
    def rows(shape, k):
        return tf.nn.log_softmax(tf.random.stateless_normal(shape, [seed, k]), axis=-1)

    return HMM(rows([states], 0), rows([states, states], 1), rows([states, symbols], 2))


def forward(hmm, obs):
    alpha = hmm.log_pi + hmm.log_B[:, obs[0]]
    alphas = [alpha]
    for o in obs[1:]:
        alpha = tf.reduce_logsumexp(alpha[:, None] + hmm.log_A, axis=0) + hmm.log_B[:, o]
        alphas.append(alpha)
    return tf.stack(alphas)


def backward(hmm, obs):
    beta = tf.zeros_like(hmm.log_pi)
    betas = [beta]
    for o in reversed(obs[1:]):
        beta = tf.reduce_logsumexp(hmm.log_A + (hmm.log_B[:, o] + beta)[None, :], axis=1)
        betas.append(beta)
    return tf.stack(betas[::-1])


def forward_tensor(hmm, obs):
    """The same on a tensor of observations, any length."""
    emit = tf.transpose(tf.gather(hmm.log_B, obs, axis=1))
    alpha = hmm.log_pi + emit[0]
    for i in tf.range(1, tf.shape(obs)[0]):
        alpha = tf.reduce_logsumexp(alpha[:, None] + hmm.log_A, axis=0) + emit[i]
    return tf.reduce_logsumexp(alpha)


def log_likelihood(hmm, obs):
    return tf.reduce_logsumexp(forward(hmm, obs)[-1])


def posteriors(hmm, obs):
    la, lb = forward(hmm, obs), backward(hmm, obs)
    gamma = tf.nn.softmax(la + lb, axis=1)
    emit = tf.stack([hmm.log_B[:, o] for o in obs[1:]])
    xi = la[:-1, :, None] + hmm.log_A[None] + (emit + lb[1:])[:, None, :]
    flat = tf.reshape(xi, [len(obs) - 1, -1])
    return gamma, tf.reshape(tf.nn.softmax(flat, axis=1), xi.shape)


def baum_welch_step(hmm, sequences):
    S, V = hmm.log_B.shape
    pi = tf.zeros([S])
    A = tf.zeros([S, S])
    B = tf.zeros([S, V])
    ll = 0.0
    for obs in sequences:
        gamma, xi = posteriors(hmm, obs)
        pi += gamma[0]
        A += tf.reduce_sum(xi, axis=0)
        B += tf.transpose(gamma) @ tf.one_hot(obs, V)
        ll += log_likelihood(hmm, obs)
    norm = lambda x: tf.math.log(x / tf.reduce_sum(x, -1, keepdims=True) + 1e-12)
    return HMM(norm(pi), norm(A), norm(B)), ll


def fit(hmm, sequences, max_iter, tol=1e-2):
    trace = []
    for i in range(max_iter):
        hmm, ll = baum_welch_step(hmm, sequences)
        trace.append(float(ll))
        if i and trace[-1] - trace[-2] < tol:
            break
        if np.isnan(trace[-1]):
            raise FloatingPointError("diverged")
    return hmm, trace


def viterbi(hmm, obs):
    score = hmm.log_pi + hmm.log_B[:, obs[0]]
    back = []
    for o in obs[1:]:
        cand = score[:, None] + hmm.log_A
        back.append(tf.argmax(cand, axis=0))
        score = tf.reduce_max(cand, axis=0) + hmm.log_B[:, o]
    state = tf.argmax(score)
    path = [state]
    for bp in reversed(back):
        state = bp[state]
        path.append(state)
    return tf.stack(path[::-1])


def emit_sequence(hmm, length, rng):
    pi, A, B = (np.exp(x.numpy().astype("float64")) for x in hmm)
    pick = lambda p: int(rng.choice(len(p), p=p / p.sum()))
    s = pick(pi)
    out = []
    while len(out) < length:
        out.append(pick(B[s]))
        s = pick(A[s])
    return out


def stationary(hmm, iters):
    p = tf.nn.softmax(hmm.log_pi)
    A = tf.exp(hmm.log_A)
    for _ in range(iters):
        p = tf.linalg.matvec(A, p, transpose_a=True)
    return p


def main():
    rng = np.random.default_rng(12)
    truth = random_hmm(2, 3, 5)
    sequences = [emit_sequence(truth, 5 + k, rng) for k in range(3)]
    for states in (2, 3):
        model, trace = fit(random_hmm(states, 3, 8), sequences, 3)
        print(states, np.round(trace, 3), stationary(model, 5).numpy().round(3), stationary(model, 9).numpy().round(3))
        for obs in sequences:
            a = log_likelihood(model, obs)
            b = forward_tensor(model, tf.constant(obs))
            print("  ", a.numpy().round(3), bool(tf.abs(a - b) < 1e-3), viterbi(model, obs).numpy())


if __name__ == "__main__":
    main()
