import tensorflow as tf

HEADS = {}


def head(name, outputs):
    def register(cls):
        cls.name, cls.outputs = name, outputs
        HEADS[name] = cls
        return cls
    return register


class Head(tf.Module):
    outputs = 1

    def __init__(self, width, seed):
        super().__init__()
        self.w = tf.Variable(tf.random.stateless_normal([width, self.outputs], [seed, 7]) * 0.3)
        self.b = tf.Variable(tf.zeros([self.outputs]))

    def __call__(self, h):
        return h @ self.w + self.b


@head("value", 1)
class Value(Head):
    def loss(self, h, y):
        return tf.reduce_mean(tf.square(self(h) - y))


@head("sign", 1)
class Sign(Head):
    def loss(self, h, y):
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, self(h)))


@head("rank", 3)
class Rank(Head):
    def loss(self, h, y):
        logits = self(h)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))


class Trunk(tf.Module):
    def __init__(self, width):
        super().__init__()
        self.w1 = tf.Variable(tf.random.stateless_normal([4, width], [1, 1]) * 0.5)
        self.w2 = tf.Variable(tf.random.stateless_normal([width, width], [1, 2]) * 0.5)

    def __call__(self, x):
        h = tf.nn.relu(x @ self.w1)
        return tf.nn.relu(h @ self.w2) + h


class Network(tf.Module):
    def __init__(self, heads, width):
        super().__init__()
        self.trunk = Trunk(width)
        self.heads = heads

    def losses(self, x, targets):
        h = self.trunk(x)
        return {name: head.loss(h, targets[name]) for name, head in self.heads.items()}


def build(names, width=6):
    return Network({name: HEADS[name](width, k) for k, name in enumerate(names)}, width)
