import tensorflow as tf
import numpy as np

# Burgers' equation u_t + u u_x = nu u_xx
DTYPE = 'float32'
tf.keras.backend.set_floatx(DTYPE)

pi = tf.constant(np.pi, dtype=DTYPE)
viscosity = .01 / pi


def fun_u_0(x):
    return -tf.sin(pi * x)


def fun_u_b(t, x):
    n = x.shape[0]
    return tf.zeros((n, 1), dtype=DTYPE)


def fun_r(t, x, u, u_t, u_x, u_xx):
    return u_t + u * u_x - viscosity * u_xx


def init_model(num_hidden_layers=2, num_neurons_per_layer=10):
    model = tf.keras.Sequential()
    model.add(tf.keras.Input((2,)))
    for _ in range(num_hidden_layers):
        model.add(tf.keras.layers.Dense(num_neurons_per_layer,
                                        activation=tf.keras.activations.get('tanh'),
                                        kernel_initializer='glorot_normal'))
    model.add(tf.keras.layers.Dense(1))
    return model


def get_r(model, X_r):
    # A tf.GradientTape is used to compute derivatives in TensorFlow
    with tf.GradientTape(persistent=True) as tape:
        t, x = X_r[:, 0:1], X_r[:, 1:2]
        tape.watch(t)
        tape.watch(x)
        u = model(tf.stack([t[:, 0], x[:, 0]], axis=1))
        u_x = tape.gradient(u, x)
    u_t = tape.gradient(u, t)
    u_xx = tape.gradient(u_x, x)
    del tape
    return fun_r(t, x, u, u_t, u_x, u_xx)


def compute_loss(model, X_r, X_data, u_data):
    r = get_r(model, X_r)
    phi_r = tf.reduce_mean(tf.square(r))
    loss = phi_r
    for i in range(len(X_data)):
        u_pred = model(X_data[i])
        loss += tf.reduce_mean(tf.square(u_data[i] - u_pred))
    return loss


def get_grad(model, X_r, X_data, u_data):
    with tf.GradientTape(persistent=True) as tape:
        loss = compute_loss(model, X_r, X_data, u_data)
    g = tape.gradient(loss, model.trainable_variables)
    del tape
    return loss, g


def second_derivative(f, x):
    with tf.GradientTape() as t2:
        t2.watch(x)
        with tf.GradientTape() as t1:
            t1.watch(x)
            y = f(x)
        dy = t1.gradient(y, x)
    return t2.gradient(dy, x)


def sample_points(n, seed):
    lb = tf.constant([0., -1.], dtype=DTYPE)
    ub = tf.constant([1., 1.], dtype=DTYPE)
    u = tf.random.stateless_uniform((n, 2), seed=[seed, 0], dtype=DTYPE)
    return lb + u * (ub - lb)


class PINNSolver:
    def __init__(self, model, X_r):
        self.model = model
        self.X_r = X_r
        self.hist = []
        self.iter = 0

    def solve_with_TFoptimizer(self, optimizer, X_data, u_data, N=8):
        @tf.function
        def train_step():
            loss, grad_theta = get_grad(self.model, self.X_r, X_data, u_data)
            optimizer.apply_gradients(zip(grad_theta, self.model.trainable_variables))
            return loss

        for i in range(N):
            loss = train_step()
            self.current_loss = loss.numpy()
            self.callback()

    def callback(self, xr=None):
        if self.iter % 4 == 0:
            print('It {:05d}: loss = {:10.6e}'.format(self.iter, self.current_loss))
        self.hist.append(self.current_loss)
        self.iter += 1


def relative_error(model, f, n):
    xs = tf.linspace(-1., 1., n)[:, None]
    t0 = tf.zeros_like(xs)
    pred = model(tf.concat([t0, xs], axis=1))
    true = f(xs)
    return tf.norm(pred - true) / tf.norm(true)


def main():
    tf.keras.utils.set_random_seed(0)
    model = init_model()
    X_r = sample_points(32, 1)
    x_0 = sample_points(8, 2)
    X_0 = tf.concat([tf.zeros((8, 1)), x_0[:, 1:2]], axis=1)
    t_b = sample_points(8, 3)[:, 0:1]
    X_b = tf.concat([t_b, tf.sign(sample_points(8, 4)[:, 1:2])], axis=1)
    X_data = [X_0, X_b]
    u_data = [fun_u_0(X_0[:, 1:2]), fun_u_b(t_b, X_b[:, 1:2])]

    solver = PINNSolver(model, X_r)
    solver.solve_with_TFoptimizer(tf.keras.optimizers.Adam(1e-2), X_data, u_data)

    opt = tf.keras.optimizers.SGD(1e-3)
    for step in range(3):
        loss, g = get_grad(model, sample_points(16, 10 + step), X_data, u_data)
        opt.apply_gradients(zip(g, model.trainable_variables))
        print('sgd', step, loss.numpy().round(5), tf.linalg.global_norm(g).numpy().round(4))
    for n in (5, 9, 5):
        print('rel err', relative_error(model, fun_u_0, n).numpy().round(4))
        print('d2', second_derivative(fun_u_0, tf.linspace(-.5, .5, n)).numpy().round(3))


if __name__ == '__main__':
    main()
