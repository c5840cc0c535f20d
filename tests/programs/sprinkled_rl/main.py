"""Deep deterministic policy gradient; decorated here and there, undecorated where it mattered."""
import random
from collections import deque
from functools import partial

import numpy as np
import tensorflow as tf

tf_function = partial(tf.function, reduce_retracing=True)


class OUNoise:
    def __init__(self, size, seed, theta=0.15, sigma=0.2):
        self.theta, self.sigma = theta, sigma
        self.rng = np.random.default_rng(seed)
        self.state = np.zeros(size, np.float32)

    def sample(self):
        dx = -self.theta * self.state + self.sigma * self.rng.standard_normal(self.state.shape)
        self.state = (self.state + dx).astype(np.float32)
        return self.state


class Actor(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.fc1 = tf.keras.layers.Dense(12, activation="relu")
        self.out = tf.keras.layers.Dense(1, activation="tanh")

    def call(self, s):
        return self.out(self.fc1(s))


class Critic(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.fc1 = tf.keras.layers.Dense(12, activation="relu")
        self.out = tf.keras.layers.Dense(1)

    def call(self, s, a):
        return self.out(self.fc1(tf.concat([s, a], -1)))


class Memory:
    def __init__(self, size):
        self.data = deque(maxlen=size)

    def push(self, *transition):
        self.data.append(transition)

    def sample(self, n):
        batch = random.sample(self.data, n)
        return [tf.constant(np.stack(c), tf.float32) for c in zip(*batch)]


class DDPG:
    def __init__(self, gamma=0.95, tau=0.05):
        self.actor, self.critic = Actor(), Critic()
        self.target_actor, self.target_critic = Actor(), Critic()
        dummy_s, dummy_a = tf.zeros([1, 3]), tf.zeros([1, 1])
        for a, c in ((self.actor, self.critic), (self.target_actor, self.target_critic)):
            a(dummy_s)
            c(dummy_s, dummy_a)
        self.soft_update(1.0)
        self.gamma, self.tau = gamma, tau
        self.a_opt = tf.keras.optimizers.SGD(1e-2)
        self.c_opt = tf.keras.optimizers.SGD(1e-2)
        self.last_q = None
        self.updates = 0

    def soft_update(self, tau):
        for t, s in ((self.target_actor, self.actor), (self.target_critic, self.critic)):
            for tv, sv in zip(t.variables, s.variables):
                tv.assign((1 - tau) * tv + tau * sv)

    @tf.function
    def policy(self, state, noise):
        a = self.actor(state[None])[0]
        return tf.clip_by_value(a + noise, -1.0, 1.0)

    @tf_function()
    def critic_loss(self, s, a, r, s2, d):
        q_next = self.target_critic(s2, self.target_actor(s2))
        y = r[:, None] + self.gamma * (1 - d[:, None]) * q_next
        return tf.reduce_mean((tf.stop_gradient(y) - self.critic(s, a)) ** 2)

    def actor_loss(self, s):
        q = self.critic(s, self.actor(s))
        self.last_q = tf.reduce_mean(q)
        return -self.last_q

    def learn(self, batch):
        s, a, r, s2, d = batch
        with tf.GradientTape() as tape:
            cl = self.critic_loss(s, a, r, s2, d)
        self.c_opt.apply_gradients(zip(tape.gradient(cl, self.critic.trainable_variables),
                                       self.critic.trainable_variables))
        with tf.GradientTape() as tape:
            al = self.actor_loss(s)
        self.a_opt.apply_gradients(zip(tape.gradient(al, self.actor.trainable_variables),
                                       self.actor.trainable_variables))
        self.soft_update(self.tau)
        self.updates += 1
        return cl, al


class Pendulum:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def reset(self):
        self.th, self.w = self.rng.uniform(-1, 1, 2)
        return self.obs()

    def obs(self):
        return np.array([np.cos(self.th), np.sin(self.th), self.w], np.float32)

    def step(self, u):
        u = float(u[0])
        self.w += 0.1 * (np.sin(self.th) * 5 + 3 * u)
        self.th += 0.1 * self.w
        return self.obs(), -(self.th ** 2 + 0.1 * self.w ** 2), abs(self.th) > 3


@tf.function
def discounted(rewards, gamma):
    total = 0.0
    for r in reversed(rewards):
        total = r + gamma * total
    return total


@tf_function(jit_compile=False)
def normalize_reward(r, scale):
    return tf.tanh(r / scale)


def main():
    random.seed(0)
    tf.keras.utils.set_random_seed(0)
    agent, memory, env = DDPG(), Memory(100), Pendulum(0)
    noise = OUNoise(1, 1)
    for ep in range(3):
        s, rewards = env.reset(), []
        for t in range(8):
            a = agent.policy(tf.constant(s), noise.sample()).numpy()
            s2, r, done = env.step(a)
            memory.push(s, a, normalize_reward(tf.constant(r, tf.float32), 2.0).numpy(), s2, float(done))
            rewards.append(float(r))
            s = s2
            if len(memory.data) >= 10 and t % 2 == 0:
                cl, al = agent.learn(memory.sample(6))
            if done:
                break
        print("ep", ep, "return", round(float(discounted(rewards, 0.95)), 3), "updates", agent.updates)
        if agent.last_q is not None:
            print("   q", agent.last_q.numpy().round(4), cl.numpy().round(4), al.numpy().round(4))


if __name__ == "__main__":
    main()
