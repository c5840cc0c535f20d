"""Behaviour cloning with scheduled sampling, DAgger rounds and a returns-conditioned policy."""
from __future__ import annotations

import itertools
import os
import pickle
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

ACTIONS = 3


@dataclass
class Episode:
    states: list = field(default_factory=list)
    actions: list = field(default_factory=list)
    rewards: list = field(default_factory=list)

    def __len__(self):
        return len(self.actions)

    def to_tensors(self):
        return tf.constant(np.array(self.states, np.float32)), tf.constant(self.actions, tf.int32)

    def returns_to_go(self, gamma=1.0):
        out, acc = [], 0.0
        for r in self.rewards[::-1]:
            acc = r + gamma * acc
            out.insert(0, acc)
        return tf.constant(out, tf.float32)


@contextmanager
def evaluation_mode(policy):
    old, policy.explore = policy.explore, False
    yield policy
    policy.explore = old


class Expert:
    def __call__(self, state):
        return 0 if state[0] < -0.2 else 2 if state[0] > 0.2 else 1


class RecurrentPolicy(tf.Module):
    def __init__(self, dim, units, seed):
        super().__init__()
        r = tf.random.Generator.from_seed(seed)
        self.w_in = tf.Variable(r.normal([dim + 1, units], stddev=0.5))
        self.w_rec = tf.Variable(r.normal([units, units], stddev=0.3))
        self.w_out = tf.Variable(r.normal([units, ACTIONS], stddev=0.5))
        self.units = units
        self.explore = True
        self.rng = np.random.default_rng(seed)
        self.hidden = None

    def reset(self, batch=1):
        self.hidden = tf.zeros([batch, self.units])

    def cell(self, x, h):
        return tf.tanh(x @ self.w_in + h @ self.w_rec)

    def act(self, state, rtg):
        x = tf.concat([tf.constant(state, tf.float32)[None], tf.fill([1, 1], float(rtg))], 1)
        self.hidden = self.cell(x, self.hidden)
        logits = (self.hidden @ self.w_out)[0]
        if self.explore:
            p = tf.nn.softmax(logits).numpy().astype(np.float64)
            return int(self.rng.choice(ACTIONS, p=p / p.sum()))
        return int(tf.argmax(logits))

    def unroll(self, states, rtg):
        h = tf.zeros([1, self.units])
        logits = []
        for t in range(states.shape[0]):
            x = tf.concat([states[t][None], tf.reshape(rtg[t], [1, 1])], 1)
            h = self.cell(x, h)
            logits.append((h @ self.w_out)[0])
        return tf.stack(logits)


def imitation_loss(policy, states, actions, rtg, smoothing):
    logits = policy.unroll(states, rtg)
    target = tf.one_hot(actions, ACTIONS) * (1 - smoothing) + smoothing / ACTIONS
    return tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, logits))


class Line:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def reset(self):
        self.x = float(self.rng.uniform(-1, 1))
        return (self.x, 1.0)

    def step(self, action):
        self.x += {0: 0.3, 1: 0.0, 2: -0.3}[action]
        return (self.x, 1.0), -abs(self.x)


def rollout(env, actor, horizon):
    ep, s = Episode(), env.reset()
    for _ in range(horizon):
        a = actor(s)
        s2, r = env.step(a)
        ep.states.append(s)
        ep.actions.append(a)
        ep.rewards.append(r)
        s = s2
    return ep


class Dagger:
    def __init__(self, policy, expert, lr=0.3):
        self.policy, self.expert = policy, expert
        self.lr = tf.Variable(lr)
        self.data: list[Episode] = []
        self.rounds = itertools.count(1)

    def label(self, ep):
        ep.actions = [self.expert(s) for s in ep.states]
        return ep

    def update(self, ep, smoothing=0.05):
        states, actions = ep.to_tensors()
        with tf.GradientTape() as tape:
            loss = imitation_loss(self.policy, states, actions, ep.returns_to_go(), smoothing)
        variables = self.policy.trainable_variables
        for v, g in zip(variables, tape.gradient(loss, variables)):
            v.assign_sub(self.lr * g)
        return loss

    def round(self, env, horizon):
        k = next(self.rounds)
        self.policy.reset()
        self.data.append(self.label(rollout(env, lambda s: self.policy.act(s, 0.0), horizon)))
        losses = [self.update(ep) for ep in self.data]
        self.lr.assign(self.lr * 0.9)
        return k, float(tf.add_n(losses)) / len(losses)


def save(policy, path):
    with open(path, "wb") as f:
        pickle.dump([v.numpy() for v in policy.variables], f)
    return os.path.getsize(path) > 0


def agreement(policy, expert, env, horizon):
    with evaluation_mode(policy):
        policy.reset()
        ep = rollout(env, lambda s: policy.act(s, 0.0), horizon)
    same = [a == expert(s) for s, a in zip(ep.states, ep.actions)]
    return sum(same) / len(ep)


def main():
    expert, policy = Expert(), RecurrentPolicy(2, 6, 1)
    dagger = Dagger(policy, expert)
    for seed in range(3):
        dagger.data.append(rollout(Line(seed), expert, 4))
    for seed in range(3):
        k, loss = dagger.round(Line(10 + seed), 4)
        print("round", k, "loss", round(loss, 4), "agreement", agreement(policy, expert, Line(20 + seed), 4))
        print("  rtg", dagger.data[seed].returns_to_go(0.9).numpy().round(3), save(policy, "policy.pkl"))


if __name__ == "__main__":
    main()
