"""Message passing on toy molecules. The featuriser came from another project, decorators and all."""
import re

import numpy as np
import tensorflow as tf

ATOMS = {"C": 0, "N": 1, "O": 2, "F": 3}
VALENCE = (4, 3, 2, 1)


@tf.function
def tokenise(smiles):
    return re.findall(r"[CNOF]|=|\(|\)", smiles)


@tf.function
def parse(smiles):
    """Atoms and bonds of a SMILES string without rings."""
    atoms, bonds, stack, last, order = [], [], [], None, 1
    for token in re.findall(r"[CNOF]|=|\(|\)", smiles):
        if token == "(":
            stack.append(last)
        elif token == ")":
            last = stack.pop()
        elif token == "=":
            order = 2
        else:
            atoms.append(ATOMS[token])
            if last is not None:
                bonds.append((last, len(atoms) - 1, order))
            last, order = len(atoms) - 1, 1
    return atoms, bonds


@tf.function
def hydrogens(atoms, bonds):
    free = [VALENCE[int(a)] for a in atoms]
    for i, j, order in bonds:
        free[int(i)] -= int(order)
        free[int(j)] -= int(order)
    return sum(free)


@tf.function
def formula(atoms):
    counts = {}
    for a in atoms:
        counts[a] = counts.get(a, 0) + 1
    return "".join("CNOF"[a] + (str(n) if n > 1 else "") for a, n in sorted(counts.items()))


def to_graph(smiles):
    atoms, bonds = parse.python_function(smiles) if hasattr(parse, "python_function") else parse(smiles)
    nodes = tf.one_hot(atoms, len(ATOMS))
    pairs = [(i, j) for i, j, _ in bonds] + [(j, i) for i, j, _ in bonds]
    return nodes, tf.reshape(tf.constant(pairs, tf.int32), [-1, 2])


class MessagePassing(tf.Module):
    def __init__(self, units, rounds, seed=0):
        super().__init__()
        init = lambda k, shape: tf.Variable(tf.random.stateless_normal(shape, [seed, k]) * 0.4)
        self.embed = init(0, [len(ATOMS), units])
        self.message = init(1, [units, units])
        self.update = init(2, [2 * units, units])
        self.readout = init(3, [units, 1])
        self.rounds = rounds

    def round(self, h, edges):
        sent = tf.gather(h, edges[:, 0]) @ self.message
        received = tf.math.unsorted_segment_sum(sent, edges[:, 1], tf.shape(h)[0])
        return tf.nn.relu(tf.concat([h, received], 1) @ self.update)

    @tf.function(reduce_retracing=True)
    def __call__(self, nodes, edges):
        h = nodes @ self.embed
        for _ in range(self.rounds):
            h = self.round(h, edges)
        return tf.reduce_sum(h @ self.readout)


@tf.function
def degree_histogram(edges, size):
    degrees = tf.math.unsorted_segment_sum(tf.ones_like(edges[:, 0]), edges[:, 0], size)
    return tf.math.bincount(degrees, minlength=5)


def step(model, optimizer, nodes, edges, target):
    with tf.GradientTape() as tape:
        loss = (model(nodes, edges) - target) ** 2
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    return loss


def saliency(model, nodes, edges):
    with tf.GradientTape() as tape:
        tape.watch(nodes)
        y = model(nodes, edges)
    return tf.norm(tape.gradient(y, nodes), axis=1)


def evaluate(model, graphs):
    errors = []
    for nodes, edges, target in graphs:
        predict = tf.function(lambda n, e: model(n, e))
        errors.append(tf.abs(predict(nodes, edges) - target))
    return tf.reduce_mean(tf.stack(errors))


def plain(value):
    value = value.numpy() if tf.is_tensor(value) else value
    return value.decode() if isinstance(value, bytes) else value


def main():
    model = MessagePassing(5, 2)
    optimizer = tf.keras.optimizers.SGD(0.01)
    graphs = []
    for smiles, target in [("CCO", 1.0), ("CC(=O)O", 0.5), ("NCC(F)C", -0.3), ("C=C", 0.2)]:
        atoms, bonds = parse(smiles)
        print(smiles, len(tokenise(smiles)), plain(hydrogens([int(a) for a in atoms], [tuple(int(v) for v in b) for b in bonds])))
        print(plain(formula([int(a) for a in atoms])))
        nodes, edges = to_graph(smiles)
        graphs.append((nodes, edges, tf.constant(target)))
        print(degree_histogram(edges, len(atoms)).numpy())
    for epoch in range(3):
        total = sum(float(step(model, optimizer, *graph)) for graph in graphs)
        print(epoch, round(total, 4), round(float(evaluate(model, graphs)), 4))
    print(saliency(model, *graphs[1][:2]).numpy().round(3))


if __name__ == "__main__":
    main()
