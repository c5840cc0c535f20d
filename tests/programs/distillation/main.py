import keras
import numpy as np
import tensorflow as tf
from keras import layers


class Distiller(keras.Model):
    def __init__(self, student, teacher):
        super().__init__()
        self.teacher = teacher
        self.student = student
        self.loss_tracker = keras.metrics.Mean(name="distillation_loss")

    def compile(self, optimizer, metrics, student_loss_fn, distillation_loss_fn, alpha=0.1, temperature=3):
        super().compile(optimizer=optimizer, metrics=metrics)
        self.student_loss_fn = student_loss_fn
        self.distillation_loss_fn = distillation_loss_fn
        self.alpha = alpha
        self.temperature = temperature

    def soft_targets(self, logits):
        return tf.nn.softmax(logits / self.temperature, axis=1)

    def train_step(self, data):
        x, y = data
        teacher_predictions = self.teacher(x, training=False)
        with tf.GradientTape() as tape:
            student_predictions = self.student(x, training=True)
            student_loss = self.student_loss_fn(y, student_predictions)
            distillation_loss = (
                self.distillation_loss_fn(
                    self.soft_targets(teacher_predictions), self.soft_targets(student_predictions)
                )
                * self.temperature**2
            )
            loss = self.alpha * student_loss + (1 - self.alpha) * distillation_loss
        trainable_vars = self.student.trainable_variables
        gradients = tape.gradient(loss, trainable_vars)
        self.optimizer.apply_gradients(zip(gradients, trainable_vars))
        self.loss_tracker.update_state(loss)
        return {"loss": self.loss_tracker.result()}

    def call(self, x):
        return self.student(x)


class FeatureMatcher:
    """Hints (FitNets): a projection is made when the sizes are first seen."""

    def __init__(self):
        self.proj = None

    def __call__(self, student_features, teacher_features):
        if self.proj is None:
            self.proj = layers.Dense(teacher_features.shape[-1], use_bias=False)
        diff = self.proj(student_features) - teacher_features
        return tf.reduce_mean(tf.square(diff))


def attention_map(features):
    m = tf.reduce_mean(tf.square(features), axis=-1)
    return tf.math.l2_normalize(m, axis=1)


def attention_transfer(fs, ft):
    return tf.reduce_mean(tf.square(attention_map(fs) - attention_map(ft)))


def agreement(a, b):
    """Share of inputs on which two models say the same."""
    same = tf.argmax(a, 1) == tf.argmax(b, 1)
    return float(tf.reduce_mean(tf.cast(same, tf.float32)))


def entropy_of(probs):
    return -tf.reduce_sum(probs * tf.math.log(probs + 1e-9), axis=-1)


def mlp(width, depth, seed):
    init = keras.initializers.GlorotUniform(seed=seed)
    m = keras.Sequential([keras.Input((6,))])
    for _ in range(depth):
        m.add(layers.Dense(width, activation="relu", kernel_initializer=init))
    m.add(layers.Dense(3, kernel_initializer=init))
    return m


def manual_distill(student, teacher, xs, temperature, lr):
    """The same thing without compile and fit, temperature annealed by hand."""
    losses = []
    for x in xs:
        target = tf.nn.softmax(teacher(x) / temperature)
        with tf.GradientTape() as tape:
            logp = tf.nn.log_softmax(student(x) / temperature)
            loss = -tf.reduce_mean(tf.reduce_sum(target * logp, -1))
        for v, g in zip(student.trainable_variables, tape.gradient(loss, student.trainable_variables)):
            v.assign_sub(lr * g)
        temperature = max(1.0, temperature * 0.8)
        losses.append(round(float(loss), 4))
    return losses


def main():
    keras.utils.set_random_seed(4)
    x = np.random.RandomState(0).randn(24, 6).astype("float32")
    y = (x[:, 0] > 0).astype("int64") + (x[:, 1] > 0)
    teacher, student = mlp(12, 2, 1), mlp(4, 1, 2)
    distiller = Distiller(student, teacher)
    distiller.compile(
        optimizer=keras.optimizers.Adam(0.01),
        metrics=None,
        student_loss_fn=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        distillation_loss_fn=keras.losses.KLDivergence(),
    )
    hist = distiller.fit(x, y, epochs=2, batch_size=8, verbose=0, shuffle=False)
    print([round(v, 4) for v in hist.history["loss"]])
    matcher = FeatureMatcher()
    for k in range(3):
        xs = [tf.constant(x[i:i + 8]) * (k + 1) for i in (0, 8, 16)]
        print(manual_distill(student, teacher, xs, 4.0, 0.05), agreement(student(xs[0]), teacher(xs[0])))
        print("soft entropy", entropy_of(distiller.soft_targets(teacher(xs[0]))).numpy().mean().round(4))
        print("hint", matcher(student(xs[0]), teacher.layers[0](xs[0])).shape,
              attention_transfer(tf.reshape(xs[0], [8, 3, 2]), tf.reshape(xs[1], [8, 3, 2])).numpy().round(4))


if __name__ == "__main__":
    main()
