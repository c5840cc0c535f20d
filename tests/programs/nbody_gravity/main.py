import sys
import tensorflow as tf

G = 1.0
SOFTENING = 1e-2
frame = 0


def log(msg, *args):
    sys.stdout.write("[frame %03d] " % frame + msg % args + "\n")


def accelerations(pos, mass):
    diff = pos[None, :, :] - pos[:, None, :]
    r2 = tf.reduce_sum(diff ** 2, axis=-1) + SOFTENING
    inv_r3 = tf.math.rsqrt(r2) ** 3
    return G * tf.einsum('ij,ijk,j->ik', inv_r3, diff, mass)


def kinetic(vel, mass):
    return 0.5 * tf.reduce_sum(mass * tf.reduce_sum(vel ** 2, -1))


def potential(pos, mass):
    diff = pos[None] - pos[:, None]
    inv_r = tf.math.rsqrt(tf.reduce_sum(diff ** 2, -1) + SOFTENING)
    pair = mass[:, None] * mass[None, :] * inv_r
    off = pair - tf.linalg.diag(tf.linalg.diag_part(pair))
    return -0.5 * G * tf.reduce_sum(off)


def energy_from_hamiltonian(pos, vel, mass):
    return kinetic(vel, mass) + potential(pos, mass)


def forces_autodiff(pos, mass):
    with tf.GradientTape() as tape:
        tape.watch(pos)
        u = potential(pos, mass)
    return -tape.gradient(u, pos)


class System:
    def __init__(self, n, seed, dt=0.01):
        self.pos = tf.random.stateless_normal([n, 3], [seed, 0])
        self.vel = 0.1 * tf.random.stateless_normal([n, 3], [seed, 1])
        self.mass = tf.random.stateless_uniform([n], [seed, 2], 0.5, 1.5)
        self.dt = dt
        self.time = 0.0
        self.acc = None
        self.frames = []

    def center(self):
        total = tf.reduce_sum(self.mass)
        self.pos -= tf.reduce_sum(self.mass[:, None] * self.pos, 0) / total
        self.vel -= tf.reduce_sum(self.mass[:, None] * self.vel, 0) / total

    def leapfrog(self):
        global frame
        if self.acc is None:
            self.acc = accelerations(self.pos, self.mass)
        half = self.vel + 0.5 * self.dt * self.acc
        self.pos = self.pos + self.dt * half
        self.acc = accelerations(self.pos, self.mass)
        self.vel = half + 0.5 * self.dt * self.acc
        self.time += self.dt
        frame += 1

    def snapshot(self):
        self.frames.append(self.pos.numpy().copy())

    @property
    def energy(self):
        return energy_from_hamiltonian(self.pos, self.vel, self.mass)

    def run(self, steps, every=2):
        e0 = self.energy
        for i in range(steps):
            self.leapfrog()
            if i % every == 0:
                self.snapshot()
        drift = abs((self.energy - e0) / e0)
        log("t=%.3f drift=%.2e ok=%s", self.time, drift, bool(drift < 1e-2))
        return drift


@tf.function
def leapfrog_block(pos, vel, mass, dt, steps):
    acc = accelerations(pos, mass)
    for _ in tf.range(steps):
        half = vel + 0.5 * dt * acc
        pos = pos + dt * half
        acc = accelerations(pos, mass)
        vel = half + 0.5 * dt * acc
    return pos, vel


def angular_momentum(pos, vel, mass):
    return tf.reduce_sum(mass[:, None] * tf.linalg.cross(pos, vel), axis=0)


def lyapunov_estimate(system, eps, steps):
    p1, v1 = system.pos, system.vel
    p2 = p1 + eps * tf.random.stateless_normal(tf.shape(p1), [5, 5])
    v2 = v1
    d0 = tf.norm(p2 - p1)
    p1, v1 = leapfrog_block(p1, v1, system.mass, system.dt, steps)
    p2, v2 = leapfrog_block(p2, v2, system.mass, system.dt, steps)
    return float(tf.math.log(tf.norm(p2 - p1) / d0)) / (steps * system.dt)


def lennard_jones(r2, epsilon, sigma):
    s6 = (sigma ** 2 / r2) ** 3
    return 4 * epsilon * (s6 ** 2 - s6)


def periodic_distance(a, b, box):
    d = a - b
    d = d - box * tf.round(d / box)
    return tf.reduce_sum(d * d, -1)


def berendsen(vel, mass, target, tau):
    n = tf.cast(tf.shape(vel)[0], tf.float32)
    temperature = 2 * kinetic(vel, mass) / (3 * n)
    lam = tf.sqrt(1 + tau * (target / temperature - 1))
    return vel * lam


def main():
    global frame
    frame = 0
    for seed, n in ((0, 4), (1, 4), (2, 6)):
        s = System(n, seed)
        s.center()
        l0 = angular_momentum(s.pos, s.vel, s.mass)
        s.run(4)
        log('L conserved %s frames %d', bool(tf.norm(angular_momentum(s.pos, s.vel, s.mass) - l0) < 1e-3), len(s.frames))
        f = forces_autodiff(s.pos, s.mass)
        a = accelerations(s.pos, s.mass) * s.mass[:, None]
        log('forces agree %s', bool(tf.reduce_max(tf.abs(f - a)) < 1e-3))
        log('lyapunov %.2f', lyapunov_estimate(s, 1e-3, 3 + seed))
        r2 = periodic_distance(s.pos[:2], s.pos[2:4], 2.0)
        print(lennard_jones(r2 + 1.0, 0.5, 1.0 + 0.1 * seed).numpy().round(4), berendsen(s.vel, s.mass, 0.1, 0.5).numpy()[0].round(4))


if __name__ == '__main__':
    main()
