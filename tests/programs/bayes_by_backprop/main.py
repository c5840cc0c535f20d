import math
import numpy as np
import tensorflow as tf


class MeanFieldDense(tf.keras.layers.Layer):
    """Dense layer with a factorised Gaussian posterior over its kernel."""

    def __init__(self, units, prior_sigma=1.0, activation=None, **kw):
        super().__init__(**kw)
        self.units = units
        self.prior_sigma = prior_sigma
        self.activation = tf.keras.activations.get(activation)
        self.sample_weights = True

    def build(self, shape):
        n = shape[-1]
        self.mu = self.add_weight(name='mu', shape=(n, self.units), initializer='glorot_normal')
        self.rho = self.add_weight(name='rho', shape=(n, self.units),
                                   initializer=tf.keras.initializers.Constant(-3.0))
        self.bias = self.add_weight(name='bias', shape=(self.units,), initializer='zeros')

    @property
    def sigma(self):
        return tf.nn.softplus(self.rho)

    def kl(self):
        s2 = tf.square(self.sigma)
        p2 = self.prior_sigma ** 2
        return 0.5 * tf.reduce_sum((s2 + tf.square(self.mu)) / p2 - 1.0 - tf.math.log(s2 / p2))

    def call(self, x):
        w = tf.convert_to_tensor(self.mu)
        if self.sample_weights:
            w = w + self.sigma * tf.random.normal(tf.shape(w))
        return self.activation(x @ w + self.bias)


class BNN(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.l1 = MeanFieldDense(8, activation='tanh')
        self.l2 = MeanFieldDense(1)

    def call(self, x):
        return self.l2(self.l1(x))

    def deterministic(self, flag):
        for l in (self.l1, self.l2):
            l.sample_weights = not flag

    def kl(self):
        return self.l1.kl() + self.l2.kl()


def gaussian_nll(y, mean, noise):
    return 0.5 * tf.reduce_sum(tf.square((y - mean) / noise)) + len(y) * math.log(noise)


def neg_elbo(model, x, y, kl_weight, noise=0.1):
    return gaussian_nll(y, model(x), noise) + kl_weight * model.kl()


def kl_schedule(epoch, warmup=3):
    return min(1.0, epoch / warmup) * 0.01


def train(model, opt, x, y, epochs):
    log = []
    for e in range(epochs):
        w = kl_schedule(e)
        with tf.GradientTape() as tape:
            loss = neg_elbo(model, x, y, w)
        opt.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        log.append(loss.numpy())
    return np.array(log)


def predictive(model, x, n):
    preds = tf.stack([model(x) for _ in range(n)])
    return tf.reduce_mean(preds, 0), tf.math.reduce_std(preds, 0)


def laplace_evidence(X, y, alpha, beta):
    """Closed form for Bayesian linear regression."""
    n, d = X.shape
    A = alpha * tf.eye(d) + beta * tf.matmul(X, X, transpose_a=True)
    m = beta * tf.linalg.solve(A, tf.linalg.matvec(X, y, transpose_a=True)[:, None])[:, 0]
    resid = y - tf.linalg.matvec(X, m)
    e = beta / 2 * tf.reduce_sum(resid ** 2) + alpha / 2 * tf.reduce_sum(m ** 2)
    return (d / 2 * math.log(alpha) + n / 2 * math.log(beta) - e - 0.5 * tf.linalg.logdet(A)
            - n / 2 * math.log(2 * math.pi))


def empirical_bayes(X, y, iters=4):
    alpha, beta = 1.0, 1.0
    for _ in range(iters):
        d = X.shape[1]
        A = alpha * tf.eye(d) + beta * tf.matmul(X, X, transpose_a=True)
        m = beta * tf.linalg.solve(A, tf.linalg.matvec(X, y, transpose_a=True)[:, None])[:, 0]
        gamma = d - alpha * tf.linalg.trace(tf.linalg.inv(A))
        alpha = float(gamma / tf.reduce_sum(m ** 2))
        beta = float((X.shape[0] - gamma) / tf.reduce_sum((y - tf.linalg.matvec(X, m)) ** 2))
    return alpha, beta


def main():
    tf.keras.utils.set_random_seed(31)
    x = tf.linspace(-1., 1., 16)[:, None]
    y = tf.sin(3 * x)
    model = BNN()
    opt = tf.keras.optimizers.Adam(0.02)
    print(train(model, opt, x, y, 5).round(2))
    mean, sd = predictive(model, x, 3)
    print(mean.shape, bool(tf.reduce_all(sd > 0)), predictive(model, x[::2], 4)[1].shape)
    model.deterministic(True)
    print([gaussian_nll(y, model(x), s).numpy().round(2) for s in (0.1, 0.5)], neg_elbo(model, x, y, 0.0).numpy().round(2))
    model.deterministic(False)
    print(model.kl().numpy().round(3), predictive(model, x[:4], 2)[0].shape)
    for k in (2, 3, 4):
        X = tf.stack([x[:, 0] ** i for i in range(k)], 1)
        a, b = empirical_bayes(X, y[:, 0])
        print(k, round(a, 3), round(b, 3), laplace_evidence(X, y[:, 0], a, b).numpy().round(3))


if __name__ == '__main__':
    main()
