"""Writing a training loop from scratch on (fake) handwritten digits."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

batch_size = 16
epochs = 2


def load_data(n=64, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 10, size=n)
    centers = rng.normal(size=(10, 64))
    x = centers[y] + 0.3 * rng.normal(size=(n, 64))
    return x.astype("float32"), y.astype("int64")


def get_model():
    inputs = keras.Input(shape=(64,), name="digits")
    x = layers.Dense(32, activation="relu", name="dense_1")(inputs)
    x = layers.Dense(32, activation="relu", name="dense_2")(x)
    outputs = layers.Dense(10, name="predictions")(x)
    return keras.Model(inputs=inputs, outputs=outputs)


model = None
optimizer = None
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_acc_metric = keras.metrics.SparseCategoricalAccuracy()
val_acc_metric = keras.metrics.SparseCategoricalAccuracy()


def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss_value = loss_fn(y, logits)
        loss_value += sum(model.losses)
    grads = tape.gradient(loss_value, model.trainable_weights)
    optimizer.apply_gradients(zip(grads, model.trainable_weights))
    train_acc_metric.update_state(y, logits)
    return loss_value


def test_step(x, y):
    val_logits = model(x, training=False)
    val_acc_metric.update_state(y, val_logits)


def run_epoch(epoch, train_dataset, val_dataset):
    print("\nStart of epoch %d" % (epoch,))
    losses = []
    for step, (x_batch_train, y_batch_train) in enumerate(train_dataset):
        loss_value = train_step(x_batch_train, y_batch_train)
        losses.append(float(loss_value))
        if step % 2 == 0:
            print(f"Training loss (for one batch) at step {step}: {float(loss_value):.4f}")
            print(f"Seen so far: {(step + 1) * batch_size} samples")

    train_acc = train_acc_metric.result()
    print("Training acc over epoch: %.4f" % (float(train_acc),))
    train_acc_metric.reset_state()

    for x_batch_val, y_batch_val in val_dataset:
        test_step(x_batch_val, y_batch_val)
    val_acc = val_acc_metric.result()
    val_acc_metric.reset_state()
    print("Validation acc: %.4f" % (float(val_acc),))
    return np.mean(losses)


def per_class_accuracy(labels, logits, num_classes):
    pred = tf.argmax(logits, axis=1)
    hits = tf.cast(tf.equal(pred, labels), tf.float32)
    totals = tf.math.unsorted_segment_sum(tf.ones_like(hits), labels, num_classes)
    right = tf.math.unsorted_segment_sum(hits, labels, num_classes)
    return tf.math.divide_no_nan(right, totals)


def main():
    global model, optimizer
    keras.utils.set_random_seed(1234)
    model = get_model()
    optimizer = keras.optimizers.SGD(learning_rate=0.05)

    x_train, y_train = load_data(64, seed=1)
    x_val, y_val = load_data(32, seed=2)
    train_dataset = tf.data.Dataset.from_tensor_slices((x_train, y_train)).batch(batch_size)
    val_dataset = tf.data.Dataset.from_tensor_slices((x_val, y_val)).batch(batch_size)

    history = [run_epoch(e, train_dataset, val_dataset) for e in range(epochs)]
    run_epoch(epochs, train_dataset.take(1), val_dataset.take(1))
    print("mean losses", [round(float(h), 4) for h in history])

    for lo in (0, 16, 8):
        acc = per_class_accuracy(tf.constant(y_val[lo:lo + 16]), model(x_val[lo:lo + 16]), 10)
        print(acc.numpy().round(3))


if __name__ == "__main__":
    main()
