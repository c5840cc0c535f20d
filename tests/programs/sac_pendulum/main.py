"""Soft actor-critic on a pendulum, one file, no annotations; a colleague "optimised" it."""
import collections
import math
import random

import numpy as np
import tensorflow as tf
from tensorflow import function
from tensorflow import keras

Transition = collections.namedtuple("Transition", "obs action reward next_obs")
GAMMA, TAU, ALPHA = 0.95, 0.05, 0.1


class Pendulum:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.theta = self.speed = 0.0

    @function
    def observe(self):
        return np.array([math.cos(self.theta), math.sin(self.theta), self.speed], np.float32)

    def reset(self):
        self.theta, self.speed = self.rng.uniform(-1, 1, 2)
        return np.array([math.cos(self.theta), math.sin(self.theta), self.speed], np.float32)

    def step(self, torque):
        cost = self.theta ** 2 + 0.1 * self.speed ** 2 + 0.001 * torque ** 2
        self.speed = float(np.clip(self.speed + 0.05 * (15 * math.sin(self.theta) + 3 * torque), -8, 8))
        self.theta += 0.05 * self.speed
        return np.array([math.cos(self.theta), math.sin(self.theta), self.speed], np.float32), -cost


class Replay:
    def __init__(self, capacity):
        self.buffer = collections.deque(maxlen=capacity)

    @function
    def add(self, obs, action, reward, next_obs):
        self.buffer.append(Transition(obs, action, reward, next_obs))

    def sample(self, n):
        rows = random.sample(list(self.buffer), n)
        return Transition(*(tf.stack([tf.cast(v, tf.float32) for v in column]) for column in zip(*rows)))

    @function
    def full(self, n):
        return len(self.buffer) >= n


def mlp(outputs, seed):
    init = keras.initializers.GlorotUniform(seed)
    return keras.Sequential([
        keras.Input((3 if outputs == 2 else 4,)),
        keras.layers.Dense(8, "relu", kernel_initializer=init),
        keras.layers.Dense(outputs, kernel_initializer=init),
    ])


@function
def squash(mean, log_std, noise):
    std = tf.exp(tf.clip_by_value(log_std, -5.0, 2.0))
    raw = mean + std * noise
    log_prob = -0.5 * noise ** 2 - tf.math.log(std) - 0.5 * math.log(2 * math.pi)
    action = tf.tanh(raw)
    return action, log_prob - tf.math.log(1 - action ** 2 + 1e-6)


class SAC:
    def __init__(self):
        self.actor, self.q1, self.q2 = mlp(2, 1), mlp(1, 2), mlp(1, 3)
        self.t1, self.t2 = mlp(1, 2), mlp(1, 3)
        self.actor_opt, self.critic_opt = keras.optimizers.Adam(3e-3), keras.optimizers.Adam(3e-3)
        self.updates = 0

    def policy(self, obs, noise):
        mean, log_std = tf.split(self.actor(obs), 2, axis=1)
        return squash(mean, log_std, noise)

    @function
    def act(self, obs, seed):
        noise = tf.random.stateless_normal([1, 1], seed)
        return self.policy(obs[None], noise)[0][0, 0]

    def target(self, batch, noise):
        action, log_prob = self.policy(batch.next_obs, noise)
        x = tf.concat([batch.next_obs, action], 1)
        q = tf.minimum(self.t1(x), self.t2(x)) - ALPHA * log_prob
        return batch.reward[:, None] + GAMMA * q

    def critic_step(self, batch, noise):
        y = tf.stop_gradient(self.target(batch, noise))
        x = tf.concat([batch.obs, batch.action[:, None]], 1)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self.q1(x) - y) ** 2) + tf.reduce_mean((self.q2(x) - y) ** 2)
        variables = self.q1.trainable_variables + self.q2.trainable_variables
        self.critic_opt.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return loss

    def actor_step(self, batch, noise):
        with tf.GradientTape() as tape:
            action, log_prob = self.policy(batch.obs, noise)
            x = tf.concat([batch.obs, action], 1)
            loss = tf.reduce_mean(ALPHA * log_prob - tf.minimum(self.q1(x), self.q2(x)))
        grads = tape.gradient(loss, self.actor.trainable_variables)
        self.actor_opt.apply_gradients(zip(grads, self.actor.trainable_variables))
        return loss

    @function
    def soft_update(self):
        for target, net in ((self.t1, self.q1), (self.t2, self.q2)):
            for t, v in zip(target.variables, net.variables):
                t.assign(TAU * v + (1 - TAU) * t)

    def update(self, batch):
        self.updates += 1
        noise = tf.random.stateless_normal([batch.reward.shape[0], 1], [self.updates, 9])
        losses = self.critic_step(batch, noise), self.actor_step(batch, noise)
        self.soft_update()
        return losses


@function
def exploration(step, start=1.0, end=0.1, decay=6):
    return end + (start - end) * math.exp(-step / decay)


@function
def returns(rewards, gamma=GAMMA):
    out, total = [], 0.0
    for r in reversed(rewards):
        total = r + gamma * total
        out.insert(0, total)
    return out


def main():
    random.seed(1)
    keras.utils.set_random_seed(1)
    env, memory, agent, shadow = Pendulum(0), Replay(50), SAC(), Replay(3)
    for episode in range(3):
        obs, rewards = env.reset(), []
        for t in range(4):
            seed = tf.constant([episode, t])
            torque = float(agent.act(tf.constant(obs), seed)) + float(exploration(t)) * 0.1
            new, reward = env.step(torque)
            memory.buffer.append(Transition(obs, np.float32(torque), np.float32(reward), new))
            shadow.add(obs, np.float32(torque), np.float32(reward), new)
            rewards.append(round(reward, 3))
            obs = new
        critic, actor = agent.update(memory.sample(3))
        print(episode, round(float(critic), 3), round(float(actor), 3), len(shadow.buffer), bool(memory.full(5)))
        print([round(float(r), 3) for r in returns(rewards)], np.asarray(env.observe()).shape)


if __name__ == "__main__":
    main()
