"""A training loop with callbacks and checkpoints. Old habit: everything that is called from the loop gets a graph."""
import os

import numpy as np
import tensorflow as tf
from tensorflow import keras

tff = tf.function


def maybe_graph(enabled):
    """Used as a decorator factory all over the code base."""
    def decorate(fn):
        return tf.function(fn) if enabled else fn
    return decorate


class Callback:
    def __init__(self):
        self.logs = []

    @tff
    def on_epoch_begin(self, epoch):
        pass

    @tff
    def on_batch_end(self, batch, loss):
        return None

    @tff
    def on_epoch_end(self, epoch, loss):
        self.logs.append("epoch %s done" % epoch)


class Saver(Callback):
    def __init__(self, checkpoint, folder, keep=2):
        super().__init__()
        self.checkpoint, self.folder, self.keep = checkpoint, folder, keep
        self.saved = []

    @tff
    def path(self, epoch):
        return os.path.join(self.folder, "ckpt-%03d" % epoch)

    def on_epoch_end(self, epoch, loss):
        path = self.path(epoch)
        path = path.numpy().decode() if tf.is_tensor(path) else path
        self.checkpoint.write(path)
        self.saved.append(path)
        while len(self.saved) > self.keep:
            gone = self.saved.pop(0)
            for name in os.listdir(self.folder):
                if name.startswith(os.path.basename(gone)):
                    os.remove(os.path.join(self.folder, name))


class Plateau(Callback):
    def __init__(self, optimizer, factor=0.5):
        super().__init__()
        self.optimizer, self.factor, self.best = optimizer, factor, float("inf")

    @tff
    def is_better(self, loss, best):
        return loss < best

    def on_epoch_end(self, epoch, loss):
        if self.is_better(loss, self.best):
            self.best = loss
        else:
            self.optimizer.learning_rate.assign(self.optimizer.learning_rate * self.factor)


class Model(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(4, "tanh", kernel_initializer=keras.initializers.GlorotUniform(1))
        self.out = keras.layers.Dense(1, kernel_initializer=keras.initializers.GlorotUniform(2))

    def call(self, x):
        return self.out(self.hidden(x))


model = Model()
optimizer = keras.optimizers.SGD(0.05)


@maybe_graph(True)
def train_batch(x, y):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - y) ** 2)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    return loss


@maybe_graph(False)
def validate(x, y):
    return tf.reduce_mean((model(x) - y) ** 2)


@maybe_graph(True)
def warmup(epoch, steps):
    return min(1.0, (epoch + 1) / steps)


@tff
def weights_summary(variables):
    return {v.name: v.shape.num_elements() for v in variables}


@tff
def clipped(grads, limit):
    return [tf.clip_by_norm(g, limit) for g in grads]


def norm_of(variables):
    total = 0.0
    for v in variables:
        total += tf.reduce_sum(tf.square(v)).numpy()
    return float(np.sqrt(total))


def fit(data, epochs, callbacks):
    for epoch in range(epochs):
        for c in callbacks:
            c.on_epoch_begin(epoch)
        optimizer.learning_rate.assign(0.05 * float(warmup(epoch, 3)))
        for batch, (x, y) in enumerate(data):
            loss = train_batch(x, y)
            for c in callbacks:
                c.on_batch_end(batch, loss)
        for c in callbacks:
            c.on_epoch_end(epoch, float(loss))
        print(epoch, round(float(loss), 4), round(float(validate(x, y)), 4), round(norm_of(model.trainable_variables), 3))


def main():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(12, 2)).astype("float32")
    y = (x[:, :1] - x[:, 1:]).astype("float32")
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
    model(x[:1])
    os.makedirs("saved", exist_ok=True)
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer)
    plain, saver, plateau = Callback(), Saver(checkpoint, "saved"), Plateau(optimizer)
    fit(data, 4, [plain, saver, plateau])
    print(plain.logs, sorted(os.listdir("saved")))
    before = norm_of(model.trainable_variables)
    checkpoint.read(saver.saved[0])
    print(round(before, 4), round(norm_of(model.trainable_variables), 4), round(float(plateau.best), 4))
    for limit in (0.5, 1.0, 2.0, 4.0):
        print(round(float(tf.linalg.global_norm(clipped([v.value for v in model.trainable_variables], limit))), 3))
    sizes = weights_summary(model.trainable_variables)
    print(sorted(int(n) for n in sizes.values()))


if __name__ == "__main__":
    main()
