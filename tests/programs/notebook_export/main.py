#!/usr/bin/env python
# coding: utf-8
# # House prices, exported from a notebook

# In[1]:
import numpy as np
import tensorflow as tf

np.random.seed(42)
tf.random.set_seed(42)


# In[2]: data
def load(n):
    area = np.random.uniform(30, 200, n)
    rooms = np.random.randint(1, 6, n)
    price = 1.5 * area + 10 * rooms + np.random.normal(0, 5, n)
    return np.stack([area, rooms], 1).astype(np.float32), price.astype(np.float32)


X, Y = load(24)
mu, sd = X.mean(0), X.std(0)


# In[3]: a model by hand
w = tf.Variable(tf.zeros([2, 1]), name="w")
b = tf.Variable(0.0, name="b")


@tf.function
def predict(x):
    return tf.squeeze((x - mu) / sd @ w, -1) + b


# In[4]: several losses to try
def mse(y, p): return tf.reduce_mean((y - p) ** 2)


def mae(y, p): return tf.reduce_mean(tf.abs(y - p))


def huber(y, p, d=10.0):
    e = tf.abs(y - p)
    return tf.reduce_mean(tf.where(e < d, 0.5 * e ** 2, d * (e - 0.5 * d)))


fns = {"mse": mse, "mae": mae, "huber": huber}


@tf.function
def score(name, y, p):
    return fns[name](y, p)


# In[5]: the step is made again for each learning rate
def train(loss_fn, lr, epochs=3):
    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_fn(y, predict(x))
        gw, gb = tape.gradient(loss, [w, b])
        w.assign_sub(lr * gw)
        b.assign_sub(lr * gb)
        return loss

    losses = []
    for e in range(epochs):
        for i in range(0, 24, 8):
            losses.append(step(X[i:i + 8], Y[i:i + 8]))
    return float(tf.add_n(losses) / len(losses))


# In[6]: cross validation, forgot that this is slow
def fold_error(k, folds=4):
    held = slice(k * 6, k * 6 + 6)

    @tf.function
    def error(x, y):
        return mse(y, predict(x))

    return float(error(X[held], Y[held]))


@tf.function
def one_hot_name(name, names=("mse", "mae", "huber")):
    return [1.0 if n == name else 0.0 for n in names]


# In[7]
@tf.function
def poly(x, degree):
    return sum(x ** k / (k + 1) for k in range(degree))


@tf.function
def window_mean(x, size):
    kernel = np.ones(size) / size
    return tf.nn.conv1d(x[None, :, None], kernel.astype(np.float32)[:, None, None], 1, "SAME")[0, :, 0]


@tf.function
def quantile(x, q):
    s = tf.sort(x)
    return s[int(q * (len(x) - 1))]


# In[8]
def compare(model, make_features, x):
    f = tf.function(lambda v: tf.reduce_mean(make_features(v)))
    return float(f(x))


report = tf.function(lambda name, value: name + "=" + str(value))


def main():
    for name, lr in [("mse", 0.01), ("huber", 0.02), ("mae", 0.5)]:
        print(name, round(train(fns[name], lr), 2), round(float(score(name, Y, predict(X))), 2))
        print(np.asarray(one_hot_name(name)))
    print([round(fold_error(k), 2) for k in range(4)])
    x = tf.linspace(0.0, 1.0, 8)
    for degree in (1, 2, 3, 4, 5):
        print(degree, round(float(tf.reduce_sum(poly(x, degree))), 3), round(float(tf.reduce_sum(window_mean(x, degree))), 3))
        print(round(float(quantile(x, degree / 10)), 3), round(compare(predict, lambda v: v ** degree, x), 3))
    line = report("b", 1)
    print(line.numpy().decode() if tf.is_tensor(line) else line)
    print(w.numpy().ravel().round(2), round(float(b), 2))


if __name__ == "__main__":
    main()
