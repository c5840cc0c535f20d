"""Home-made optimizers: a base class, and children that override bits of it."""
import math

import tensorflow as tf


class Schedule:
    def __call__(self, step):
        raise NotImplementedError


class Constant(Schedule):
    def __init__(self, lr):
        self.lr = lr

    def __call__(self, step):
        return self.lr


class Cosine(Schedule):
    def __init__(self, lr, total, warmup=0):
        self.lr, self.total, self.warmup = lr, total, warmup

    def __call__(self, step):
        if step < self.warmup:
            return self.lr * (step + 1) / self.warmup
        p = (step - self.warmup) / max(1, self.total - self.warmup)
        return 0.5 * self.lr * (1 + math.cos(math.pi * min(1.0, p)))


class Optimizer:
    def __init__(self, schedule, weight_decay=0.0, clip=None):
        self.schedule = schedule if isinstance(schedule, Schedule) else Constant(schedule)
        self.weight_decay = weight_decay
        self.clip = clip
        self.iterations = 0
        self._slots = {}

    def slot(self, var, name):
        key = (var.name, name)
        if key not in self._slots:
            self._slots[key] = tf.Variable(tf.zeros_like(var), trainable=False)
        return self._slots[key]

    def preprocess(self, grads):
        if self.clip is not None:
            grads, _ = tf.clip_by_global_norm(grads, self.clip)
        return grads

    def direction(self, grad, var):
        raise NotImplementedError

    def apply(self, grads, variables):
        lr = self.schedule(self.iterations)
        for g, v in zip(self.preprocess(grads), variables):
            if g is None:
                continue
            step = self.direction(g, v)
            if self.weight_decay:
                step = step + self.weight_decay * v
            v.assign_sub(lr * step)
        self.iterations += 1
        return lr


class SGD(Optimizer):
    def direction(self, grad, var):
        return grad


class Momentum(Optimizer):
    def __init__(self, schedule, beta=0.9, nesterov=False, **kwargs):
        super().__init__(schedule, **kwargs)
        self.beta, self.nesterov = beta, nesterov

    def direction(self, grad, var):
        m = self.slot(var, "m")
        m.assign(self.beta * m + grad)
        return grad + self.beta * m if self.nesterov else m.read_value()


class Adam(Optimizer):
    def __init__(self, schedule, b1=0.9, b2=0.999, eps=1e-8, **kwargs):
        super().__init__(schedule, **kwargs)
        self.b1, self.b2, self.eps = b1, b2, eps

    def direction(self, grad, var):
        t = self.iterations + 1
        m, v = self.slot(var, "m"), self.slot(var, "v")
        m.assign(self.b1 * m + (1 - self.b1) * grad)
        v.assign(self.b2 * v + (1 - self.b2) * tf.square(grad))
        mhat = m / (1 - self.b1 ** t)
        vhat = v / (1 - self.b2 ** t)
        return mhat / (tf.sqrt(vhat) + self.eps)


class AMSGrad(Adam):
    def direction(self, grad, var):
        base = super().direction(grad, var)
        vmax = self.slot(var, "vmax")
        vmax.assign(tf.maximum(vmax, self.slot(var, "v")))
        return base * tf.minimum(1.0, 1.0 / (tf.sqrt(vmax) + 1.0))


class Lion(Momentum):
    def direction(self, grad, var):
        m = self.slot(var, "m")
        update = tf.sign(self.beta * m + (1 - self.beta) * grad)
        m.assign(0.99 * m + 0.01 * grad)
        return update


def loss_fn(w, b, x, y):
    pred = tf.nn.tanh(x @ w) @ b
    return tf.reduce_mean((pred - y) ** 2)


def optimise(opt, steps, seed=0):
    w = tf.Variable(tf.random.stateless_normal([3, 4], [seed, 1]), name="w%d" % seed)
    b = tf.Variable(tf.random.stateless_normal([4, 1], [seed, 2]), name="b%d" % seed)
    x = tf.random.stateless_normal([8, 3], [9, 9])
    y = tf.reduce_sum(x, 1, keepdims=True)
    rates = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = loss_fn(w, b, x, y)
        rates.append(round(opt.apply(tape.gradient(loss, [w, b]), [w, b]), 4))
    return loss.numpy(), rates


def main():
    zoo = {
        "sgd": SGD(0.1),
        "sgd+cosine": SGD(Cosine(0.2, 5, warmup=2), clip=1.0),
        "momentum": Momentum(0.05),
        "nesterov": Momentum(0.05, nesterov=True, weight_decay=1e-3),
        "adam": Adam(Cosine(0.05, 5)),
        "amsgrad": AMSGrad(0.05),
        "lion": Lion(0.02),
    }
    for name, opt in zoo.items():
        for seed in range(2):
            final, rates = optimise(opt, 4, seed)
            print(f"{name:12s} {final:.4f} {rates} it={opt.iterations}")


if __name__ == "__main__":
    main()
