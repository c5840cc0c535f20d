"""A custom training loop. Run it with `python train.py`; it takes a few seconds."""

import tensorflow as tf

import journal
from network import Network, softened, squared_error

LEARNING_RATE = 0.05


def make_data():
    x = tf.random.stateless_normal([256, 4], seed=(1, 2))
    return x, tf.reduce_sum(tf.sin(x), axis=1, keepdims=True)


def standardised(x):
    return (x - 0.5) * 2.0


def train_step(network, x, y):
    with tf.GradientTape() as tape:
        loss = squared_error(y, network(x))
    variables = network.weights + network.biases
    gradients = tape.gradient(loss, variables)
    for variable, gradient in zip(variables, gradients):
        variable.assign_sub(LEARNING_RATE * gradient)
    return loss, tf.linalg.global_norm(gradients)


def noted_error(network, x, y):
    error = squared_error(y, network(standardised(x)))
    journal.note("error", error)
    return error


@tf.function
def predict(network, x):
    return network(x)


@tf.function
def schedule(epoch):
    return 1.0 / (1.0 + epoch)


@tf.function
def certainty(logits, temperature):
    return softened(logits, temperature)[1]


def refined(x, refinements):
    for refinement in refinements:
        x = refinement(x)
    return x


def main():
    x, y = make_data()
    network = Network()
    for epoch in range(5):
        for start in range(0, 256, 32):
            loss, norm = train_step(network, x[start : start + 32], y[start : start + 32])
        noted_error(network, x, y)
        rate = float(schedule(epoch))
        print(f"epoch {epoch}: loss {float(loss):.4f}, gradient {float(norm):.4f}, rate {rate:.2f}")
    for temperature in (0.5, 1.0, 2.0, 4.0):
        print(f"at {temperature}: entropy {float(certainty(y[:, 0], temperature)):.3f}")
    print(f"first prediction {float(predict(network, x)[0, 0]):.3f}, first target {float(y[0, 0]):.3f}")
    print(f"{len(journal.ENTRIES)} errors noted")


if __name__ == "__main__":
    main()
