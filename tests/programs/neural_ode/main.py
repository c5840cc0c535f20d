import tensorflow as tf
from tensorflow.keras import Model, layers


class ODEFunc(Model):
    def __init__(self, width):
        super().__init__()
        self.h = layers.Dense(width, activation="tanh")
        self.o = layers.Dense(2)
        self.nfe = 0

    def call(self, t, y):
        self.nfe += 1
        tt = tf.ones_like(y[:, :1]) * t
        return self.o(self.h(tf.concat([y ** 3, tt], axis=1)))


def midpoint(func, t, y, dt):
    k = func(t, y)
    return y + dt * func(t + dt / 2, y + dt / 2 * k)


def heun(func, t, y, dt):
    k1 = func(t, y)
    k2 = func(t + dt, y + dt * k1)
    return y + dt / 2 * (k1 + k2)


SOLVERS = {"midpoint": midpoint, "heun": heun}


def odeint(func, y0, ts, method="midpoint"):
    step = SOLVERS[method]
    ys = [y0]
    for t0, t1 in zip(ts[:-1], ts[1:]):
        ys.append(step(func, t0, ys[-1], t1 - t0))
    return tf.stack(ys)


def odeint_scan(func, y0, ts):
    def body(y, pair):
        return midpoint(func, pair[0], y, pair[1] - pair[0])
    pairs = tf.stack([ts[:-1], ts[1:]], axis=1)
    return tf.concat([y0[None], tf.scan(body, pairs, initializer=y0)], 0)


def adjoint_gradients(func, y1, grad_y1, ts):
    """Reverse-time integration of the adjoint system."""
    params = func.trainable_variables
    y, a = y1, grad_y1
    acc = [tf.zeros_like(p) for p in params]
    n = len(ts)
    for i in range(n - 1, 0, -1):
        dt = ts[i] - ts[i - 1]
        with tf.GradientTape() as tape:
            tape.watch(y)
            f = func(ts[i], y)
        grads = tape.gradient(f, [y] + params, output_gradients=a)
        vjp_y, vjp_p = grads[0], grads[1:]
        y = y - dt * f
        a = a + dt * vjp_y
        acc = [s + dt * g for s, g in zip(acc, vjp_p)]
    return a, acc


true_A = tf.constant([[-0.1, 2.0], [-2.0, -0.1]])


def true_dynamics(t, y):
    return tf.matmul(y ** 3, true_A)


class RunningAverageMeter(object):
    """Computes and stores the average and current value"""

    def __init__(self, momentum=0.9):
        self.momentum = momentum
        self.val = None
        self.avg = 0

    def update(self, val):
        if self.val is None:
            self.avg = val
        else:
            self.avg = self.avg * self.momentum + val * (1 - self.momentum)
        self.val = val


def get_batch(traj, ts, starts, length):
    y0 = tf.gather(traj, starts)[:, 0]
    target = tf.stack([tf.gather(traj, [s + i for s in starts])[:, 0] for i in range(length)])
    return y0, ts[:length], target


def train_iter(func, opt, y0, ts, target):
    with tf.GradientTape() as tape:
        pred = odeint(func, y0, ts)
        loss = tf.reduce_mean(tf.abs(pred - target))
    grads = tape.gradient(loss, func.trainable_variables)
    opt.apply_gradients(zip(grads, func.trainable_variables))
    return loss


def energy(y):
    return tf.reduce_sum(y * y, axis=-1)


def main():
    tf.keras.utils.set_random_seed(17)
    ts = tf.linspace(0.0, 0.55, 12)
    y0 = tf.constant([[1.2, 0.0]])
    traj = odeint(true_dynamics, y0, ts, "heun")
    func = ODEFunc(6)
    opt = tf.keras.optimizers.RMSprop(1e-3)
    meter = RunningAverageMeter()
    for it, starts in enumerate(([0, 2], [3, 5], [1, 6], [4, 0])):
        loss = train_iter(func, opt, *get_batch(traj, ts, starts, 4))
        meter.update(loss.numpy())
        print('iter %d loss %.4f avg %.4f nfe %d' % (it, meter.val, meter.avg, func.nfe))
    t_tensor = ts + 0.0
    for k in (1.0, 0.5, 0.8):
        a = odeint(true_dynamics, k * y0, ts)
        b = odeint_scan(true_dynamics, k * y0, t_tensor)
        print(bool(tf.reduce_all(tf.abs(a - b) < 1e-5)), energy(a)[-1].numpy().round(4))
        g, acc = adjoint_gradients(func, a[-1], tf.ones_like(y0), ts[:3])
        print(g.numpy().round(3), tf.linalg.global_norm(acc).numpy().round(4))


if __name__ == '__main__':
    main()
