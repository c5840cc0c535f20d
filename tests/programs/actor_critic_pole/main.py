"""Actor-critic with everything, the environment too, in TensorFlow."""
from typing import List, Tuple

import numpy as np
import tensorflow as tf

eps = np.finfo(np.float32).eps.item()
huber_loss = tf.keras.losses.Huber(reduction="sum")


class ActorCritic(tf.keras.Model):
    """Combined actor-critic network."""

    def __init__(self, num_actions: int, num_hidden_units: int):
        super().__init__()
        self.common = tf.keras.layers.Dense(num_hidden_units, activation="relu")
        self.actor = tf.keras.layers.Dense(num_actions)
        self.critic = tf.keras.layers.Dense(1)

    def call(self, inputs: tf.Tensor) -> Tuple[tf.Tensor, tf.Tensor]:
        x = self.common(inputs)
        return self.actor(x), self.critic(x)


class Pole:
    """A linearised pole: integrates the state by Euler steps."""

    def __init__(self, seed: int):
        self.rng = np.random.RandomState(seed)
        self.state = np.zeros(4)
        self.t = 0

    def reset(self) -> np.ndarray:
        self.state = self.rng.uniform(-0.05, 0.05, size=(4,))
        self.t = 0
        return self.state.astype(np.float32)

    def step(self, action: np.ndarray) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
        force = 10.0 if action == 1 else -10.0
        x, xd, th, thd = self.state
        thacc = 9.8 * th - 0.9 * force
        xacc = 0.9 * force - 0.7 * th
        self.state = np.array([x + 0.02 * xd, xd + 0.02 * xacc, th + 0.02 * thd, thd + 0.02 * thacc])
        self.t += 1
        done = bool(abs(self.state[2]) > 0.2 or self.t >= 15)
        return self.state.astype(np.float32), np.array(1.0, np.int32), np.array(done, np.int32)


env = Pole(0)


def tf_env_step(action: tf.Tensor) -> List[tf.Tensor]:
    return tf.numpy_function(env.step, [action], [tf.float32, tf.int32, tf.int32])


def run_episode(initial_state: tf.Tensor, model: tf.keras.Model, max_steps: int):
    action_probs = tf.TensorArray(dtype=tf.float32, size=0, dynamic_size=True)
    values = tf.TensorArray(dtype=tf.float32, size=0, dynamic_size=True)
    rewards = tf.TensorArray(dtype=tf.int32, size=0, dynamic_size=True)

    initial_state_shape = initial_state.shape
    state = initial_state

    for t in tf.range(max_steps):
        state = tf.expand_dims(state, 0)
        action_logits_t, value = model(state)
        action = tf.random.categorical(action_logits_t, 1)[0, 0]
        action_probs_t = tf.nn.softmax(action_logits_t)

        values = values.write(t, tf.squeeze(value))
        action_probs = action_probs.write(t, action_probs_t[0, action])

        state, reward, done = tf_env_step(action)
        state.set_shape(initial_state_shape)
        rewards = rewards.write(t, reward)

        if tf.cast(done, tf.bool):
            break

    return action_probs.stack(), values.stack(), rewards.stack()


def get_expected_return(rewards: tf.Tensor, gamma: float, standardize: bool = True) -> tf.Tensor:
    n = tf.shape(rewards)[0]
    returns = tf.TensorArray(dtype=tf.float32, size=n)
    rewards = tf.cast(rewards[::-1], dtype=tf.float32)
    discounted_sum = tf.constant(0.0)
    discounted_sum_shape = discounted_sum.shape
    for i in tf.range(n):
        reward = rewards[i]
        discounted_sum = reward + gamma * discounted_sum
        discounted_sum.set_shape(discounted_sum_shape)
        returns = returns.write(i, discounted_sum)
    returns = returns.stack()[::-1]
    if standardize:
        returns = (returns - tf.math.reduce_mean(returns)) / (tf.math.reduce_std(returns) + eps)
    return returns


def compute_loss(action_probs: tf.Tensor, values: tf.Tensor, returns: tf.Tensor) -> tf.Tensor:
    advantage = returns - values
    action_log_probs = tf.math.log(action_probs)
    actor_loss = -tf.math.reduce_sum(action_log_probs * advantage)
    critic_loss = huber_loss(values, returns)
    return actor_loss + critic_loss


optimizer = None


@tf.function
def train_step(initial_state: tf.Tensor, model: tf.keras.Model, gamma: float, max_steps_per_episode: int):
    """Runs a model training step."""
    with tf.GradientTape() as tape:
        action_probs, values, rewards = run_episode(initial_state, model, max_steps_per_episode)
        returns = get_expected_return(rewards, gamma)
        action_probs, values, returns = [tf.expand_dims(x, 1) for x in [action_probs, values, returns]]
        loss = compute_loss(action_probs, values, returns)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    return tf.math.reduce_sum(rewards)


def main():
    global optimizer
    tf.keras.utils.set_random_seed(42)
    model = ActorCritic(2, 16)
    model.build((None, 4))
    optimizer = tf.keras.optimizers.Adam(learning_rate=0.01)
    for i in range(5):
        initial_state = tf.constant(env.reset(), dtype=tf.float32)
        episode_reward = int(train_step(initial_state, model, 0.99, 15))
        print("episode", i, "reward", episode_reward)
    for n in (3, 5, 4):
        r = get_expected_return(tf.ones([n], tf.int32), 0.9, standardize=n != 4)
        print(r.numpy().round(4))
        print(compute_loss(tf.fill([n, 1], 0.5), tf.ones([n, 1]), r[:, None]).numpy().round(4))


if __name__ == "__main__":
    main()
