"""Gibbs sampling for a 1-d Gaussian mixture; half NumPy, half TensorFlow."""
import numpy as np
import tensorflow as tf

np.random.seed(10)

K = 3
ALPHA = 1.0


def synth(n):
    z = np.random.randint(0, K, n)
    means = np.array([-3., 0., 3.])
    return (means[z] + 0.5 * np.random.randn(n)).astype(np.float32)


def normal_logpdf(x, mu, sigma):
    return -0.5 * tf.square((x - mu) / sigma) - tf.math.log(sigma) - 0.5 * np.log(2 * np.pi).astype(np.float32)


def assignment_logits(x, mu, sigma, log_pi):
    return log_pi[None, :] + normal_logpdf(x[:, None], mu[None, :], sigma)


def sample_assignments(x, mu, sigma, log_pi):
    """Gumbel trick with host noise."""
    logits = assignment_logits(x, mu, sigma, log_pi)
    g = np.random.gumbel(size=logits.shape).astype(np.float32)
    return tf.argmax(logits + g, axis=1)


def sufficient_stats(x, z):
    onehot = tf.one_hot(z, K)
    counts = tf.reduce_sum(onehot, axis=0)
    sums = tf.linalg.matvec(onehot, x, transpose_a=True)
    return counts, sums


def posterior_mean_params(counts, sums, sigma, prior_sd=10.0):
    precision = counts / sigma ** 2 + 1.0 / prior_sd ** 2
    mean = (sums / sigma ** 2) / precision
    return mean, tf.math.rsqrt(precision)


def sample_means(counts, sums, sigma):
    m, sd = posterior_mean_params(counts, sums, sigma)
    eps = np.random.randn(K)
    return m + sd * eps.astype('float32')


def sample_weights(counts):
    return np.random.dirichlet(counts.numpy() + ALPHA).astype(np.float32)


def log_likelihood(x, mu, sigma, log_pi):
    return tf.reduce_sum(tf.reduce_logsumexp(assignment_logits(x, mu, sigma, log_pi), axis=1))


class Trace(object):
    def __init__(self, burn):
        self.burn = burn
        self.i = 0
        self.mu_sum = 0.
        self.kept = 0
        self.ll = []

    def add(self, mu, ll):
        self.i += 1
        self.ll.append(ll)
        if self.i > self.burn:
            self.mu_sum = self.mu_sum + tf.sort(mu)
            self.kept += 1

    def mean(self):
        if self.kept == 0:
            return None
        return self.mu_sum / self.kept


def sweep(x, mu, log_pi, sigma):
    z = sample_assignments(x, mu, sigma, log_pi)
    counts, sums = sufficient_stats(x, z)
    mu = sample_means(counts, sums, sigma)
    pi = sample_weights(counts)
    return mu, tf.math.log(pi)


def main():
    np.random.seed(10)
    x = tf.constant(synth(50))
    sigma = tf.constant(0.5)
    for start in ([-1., 0., 1.], [-4., -3., 5.], [0., 0.1, 0.2]):
        mu = tf.constant(start)
        log_pi = tf.math.log(tf.ones([K]) / K)
        trace = Trace(burn=2)
        for it in range(5):
            mu, log_pi = sweep(x, mu, log_pi, sigma)
            trace.add(mu, log_likelihood(x, mu, sigma, log_pi))
        print(trace.mean().numpy().round(3), [round(float(l), 2) for l in trace.ll])


if __name__ == "__main__":
    main()
