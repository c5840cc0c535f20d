"""Proximal policy optimisation on a one-dimensional reaching task."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


def discounted_cumulative_sums(x, discount):
    out = np.zeros(len(x), dtype=np.float32)
    running = 0.0
    for i in reversed(range(len(x))):
        running = x[i] + discount * running
        out[i] = running
    return out


class Buffer:
    def __init__(self, observation_dimensions, size, gamma=0.99, lam=0.95):
        self.observation_buffer = np.zeros((size, observation_dimensions), dtype=np.float32)
        self.action_buffer = np.zeros((size, 1), dtype=np.float32)
        self.advantage_buffer = np.zeros(size, dtype=np.float32)
        self.reward_buffer = np.zeros(size, dtype=np.float32)
        self.return_buffer = np.zeros(size, dtype=np.float32)
        self.value_buffer = np.zeros(size, dtype=np.float32)
        self.logprobability_buffer = np.zeros(size, dtype=np.float32)
        self.gamma, self.lam = gamma, lam
        self.pointer, self.trajectory_start_index = 0, 0

    def store(self, observation, action, reward, value, logprobability):
        self.observation_buffer[self.pointer] = observation
        self.action_buffer[self.pointer] = action
        self.reward_buffer[self.pointer] = reward
        self.value_buffer[self.pointer] = value
        self.logprobability_buffer[self.pointer] = logprobability
        self.pointer += 1

    def finish_trajectory(self, last_value=0):
        path_slice = slice(self.trajectory_start_index, self.pointer)
        rewards = np.append(self.reward_buffer[path_slice], last_value)
        values = np.append(self.value_buffer[path_slice], last_value)
        deltas = rewards[:-1] + self.gamma * values[1:] - values[:-1]
        self.advantage_buffer[path_slice] = discounted_cumulative_sums(deltas, self.gamma * self.lam)
        self.return_buffer[path_slice] = discounted_cumulative_sums(rewards, self.gamma)[:-1]
        self.trajectory_start_index = self.pointer

    def get(self):
        self.pointer, self.trajectory_start_index = 0, 0
        mean, std = np.mean(self.advantage_buffer), np.std(self.advantage_buffer)
        self.advantage_buffer = (self.advantage_buffer - mean) / (std + 1e-6)
        return (self.observation_buffer, self.action_buffer, self.advantage_buffer,
                self.return_buffer, self.logprobability_buffer)


def mlp(x, sizes, activation=keras.activations.tanh, output_activation=None):
    for size in sizes[:-1]:
        x = layers.Dense(units=size, activation=activation)(x)
    return layers.Dense(units=sizes[-1], activation=output_activation)(x)


LOG_STD = tf.Variable([-0.5], name="log_std")
clip_ratio = 0.2
target_kl = 0.01
observation_dimensions = 2
actor = critic = policy_optimizer = value_optimizer = None
seed_generator = None


def logprobabilities(mean, action):
    var = tf.exp(2 * LOG_STD)
    lp = -0.5 * (tf.square(action - mean) / var + 2 * LOG_STD + np.log(2 * np.pi).astype("float32"))
    return tf.reduce_sum(lp, axis=-1)


def sample_action(observation):
    mean = actor(observation)
    action = mean + tf.exp(LOG_STD) * keras.random.normal(tf.shape(mean), seed=seed_generator)
    return mean, action


@tf.function
def train_policy(observation_buffer, action_buffer, logprobability_buffer, advantage_buffer):
    with tf.GradientTape() as tape:
        ratio = tf.exp(logprobabilities(actor(observation_buffer), action_buffer) - logprobability_buffer)
        min_advantage = tf.where(
            advantage_buffer > 0, (1 + clip_ratio) * advantage_buffer, (1 - clip_ratio) * advantage_buffer)
        policy_loss = -tf.reduce_mean(tf.minimum(ratio * advantage_buffer, min_advantage))
    weights = actor.trainable_variables
    policy_grads = tape.gradient(policy_loss, weights)
    policy_optimizer.apply_gradients(zip(policy_grads, weights))
    kl = tf.reduce_mean(logprobability_buffer - logprobabilities(actor(observation_buffer), action_buffer))
    return tf.reduce_sum(kl)


@tf.function
def train_value_function(observation_buffer, return_buffer):
    with tf.GradientTape() as tape:
        value_loss = tf.reduce_mean((return_buffer - critic(observation_buffer)[:, 0]) ** 2)
    value_grads = tape.gradient(value_loss, critic.trainable_variables)
    value_optimizer.apply_gradients(zip(value_grads, critic.trainable_variables))
    return value_loss


class Reach:
    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def reset(self):
        self.x, self.goal = 0.0, float(self.rng.uniform(-1, 1))
        self.t = 0
        return np.array([[self.x, self.goal]], np.float32)

    def step(self, action):
        self.x += 0.2 * float(np.clip(action, -1, 1).item())
        self.t += 1
        reward = -abs(self.x - self.goal)
        return np.array([[self.x, self.goal]], np.float32), reward, self.t >= 5


def update_policy(buffers, iterations):
    obs, act, adv, ret, logp = buffers
    for i in range(iterations):
        kl = train_policy(obs, act, logp, adv)
        if kl > 1.5 * target_kl:
            print("early stopping at iteration", i)
            break
    for _ in range(iterations):
        loss = train_value_function(obs, ret)
    return float(kl), float(loss)


def main():
    global actor, critic, policy_optimizer, value_optimizer, seed_generator
    keras.utils.set_random_seed(1337)
    seed_generator = keras.random.SeedGenerator(1337)
    inp = keras.Input(shape=(observation_dimensions,), dtype="float32")
    actor = keras.Model(inputs=inp, outputs=mlp(inp, [8, 1]))
    critic = keras.Model(inputs=inp, outputs=mlp(inp, [8, 1]))
    policy_optimizer = keras.optimizers.Adam(learning_rate=3e-3)
    value_optimizer = keras.optimizers.Adam(learning_rate=1e-2)
    env, buffer = Reach(0), Buffer(observation_dimensions, 10)
    for epoch in range(3):
        observation, total = env.reset(), 0.0
        for t in range(10):
            mean, action = sample_action(observation)
            nxt, reward, done = env.step(action[0].numpy())
            buffer.store(observation[0], action[0], reward, critic(observation)[0, 0],
                         logprobabilities(mean, action)[0])
            observation, total = nxt, total + reward
            if done or t == 9:
                buffer.finish_trajectory(0 if done else critic(observation)[0, 0].numpy())
                observation = env.reset()
        kl, loss = update_policy(buffer.get(), 4)
        print(f"epoch {epoch} return {total:.3f} kl {kl:.5f} value loss {loss:.4f}")


if __name__ == "__main__":
    main()
