"""DQN on a 4x4 grid world, with a target network and a replay buffer."""
import collections
import random

import numpy as np
import tensorflow as tf

Transition = collections.namedtuple("Transition", "state action reward next_state done")


class GridWorld:
    def __init__(self, size=4):
        self.size = size
        self.pos = (0, 0)

    def reset(self):
        self.pos = (0, 0)
        return self._obs()

    def _obs(self):
        o = np.zeros((self.size * self.size,), np.float32)
        o[self.pos[0] * self.size + self.pos[1]] = 1.0
        return o

    def step(self, action):
        dr, dc = [(-1, 0), (1, 0), (0, -1), (0, 1)][int(action)]
        r = min(max(self.pos[0] + dr, 0), self.size - 1)
        c = min(max(self.pos[1] + dc, 0), self.size - 1)
        self.pos = (r, c)
        done = self.pos == (self.size - 1, self.size - 1)
        return self._obs(), (1.0 if done else -0.01), done


class ReplayBuffer:
    def __init__(self, capacity):
        self.buffer = collections.deque(maxlen=capacity)

    def add(self, *args):
        self.buffer.append(Transition(*args))

    def sample(self, n):
        batch = random.sample(list(self.buffer), n)
        cols = list(zip(*batch))
        return (tf.constant(np.array(cols[0])), tf.constant(cols[1], tf.int32),
                tf.constant(cols[2], tf.float32), tf.constant(np.array(cols[3])),
                tf.constant(cols[4], tf.float32))

    def __len__(self):
        return len(self.buffer)


def build_q_net(n_obs, n_actions, name):
    return tf.keras.Sequential([
        tf.keras.Input((n_obs,)),
        tf.keras.layers.Dense(24, activation="relu"),
        tf.keras.layers.Dense(n_actions),
    ], name=name)


class DQNAgent:
    def __init__(self, n_obs, n_actions, gamma=0.95, lr=1e-2):
        self.n_actions = n_actions
        self.gamma = gamma
        self.epsilon = 1.0
        self.q = build_q_net(n_obs, n_actions, "q")
        self.target = build_q_net(n_obs, n_actions, "target")
        self.opt = tf.keras.optimizers.Adam(lr)
        self.huber = tf.keras.losses.Huber()
        self.train_steps = 0
        self.update_target()

    def update_target(self):
        for t, s in zip(self.target.variables, self.q.variables):
            t.assign(s)

    def act(self, obs):
        if random.random() < self.epsilon:
            return random.randrange(self.n_actions)
        q = self.q(obs[None])
        return int(tf.argmax(q[0]).numpy())

    def td_target(self, rewards, next_states, dones):
        best = tf.argmax(self.q(next_states), axis=1, output_type=tf.int32)
        nq = tf.gather(self.target(next_states), best, batch_dims=1)
        return rewards + self.gamma * (1.0 - dones) * nq

    def train_on_batch(self, states, actions, rewards, next_states, dones):
        targets = tf.stop_gradient(self.td_target(rewards, next_states, dones))
        with tf.GradientTape() as tape:
            qs = self.q(states)
            q_taken = tf.reduce_sum(qs * tf.one_hot(actions, self.n_actions), axis=1)
            loss = self.huber(targets, q_taken)
        grads = tape.gradient(loss, self.q.trainable_variables)
        grads, _ = tf.clip_by_global_norm(grads, 1.0)
        self.opt.apply_gradients(zip(grads, self.q.trainable_variables))
        return loss

    def learn(self, buffer, batch_size):
        loss = self.train_on_batch(*buffer.sample(batch_size))
        self.train_steps += 1
        if self.train_steps % 5 == 0:
            self.update_target()
        self.epsilon = max(0.1, self.epsilon * 0.97)
        return loss.numpy()


def greedy_value_map(agent, size):
    states = tf.eye(size * size)
    values = tf.reduce_max(agent.q(states), axis=1)
    return tf.reshape(values, (size, size))


def main():
    random.seed(3)
    tf.keras.utils.set_random_seed(3)
    env = GridWorld()
    agent = DQNAgent(16, 4)
    buf = ReplayBuffer(200)
    losses = []
    for ep in range(4):
        obs, total = env.reset(), 0.0
        for _ in range(12):
            a = agent.act(obs)
            nxt, r, done = env.step(a)
            buf.add(obs, a, r, nxt, float(done))
            obs, total = nxt, total + r
            if len(buf) >= 16 and len(losses) < 15:
                losses.append(agent.learn(buf, 8))
            if done:
                break
        print("episode", ep, "return", round(total, 3), "eps", round(agent.epsilon, 3))
        print(greedy_value_map(agent, 4).numpy().round(2))
    print("losses", np.round(losses, 4))


if __name__ == "__main__":
    main()
