import tensorflow as tf
from tensorflow.keras import Input, Model
from tensorflow.keras.layers import (Activation, BatchNormalization, Concatenate, Conv2D, Conv2DTranspose,
                                     MaxPooling2D)

H = W = 8
N_CLASSES = 2


def conv_block(x, filters):
    for _ in range(2):
        x = Conv2D(filters, 3, padding="same")(x)
        x = BatchNormalization()(x)
        x = Activation("relu")(x)
    return x


def build_unet(shape, widths=(4, 6)):
    inputs = Input(shape)
    skips, x = [], inputs
    for w in widths:
        x = conv_block(x, w)
        skips.append(x)
        x = MaxPooling2D()(x)
    x = conv_block(x, widths[-1] * 2)
    for w, s in zip(reversed(widths), reversed(skips)):
        x = Conv2DTranspose(w, 2, strides=2, padding="same")(x)
        x = conv_block(Concatenate()([x, s]), w)
    return Model(inputs, Conv2D(N_CLASSES, 1)(x), name="unet")


def draw_circle(cx, cy, r):
    yy, xx = tf.meshgrid(tf.range(H, dtype=tf.float32), tf.range(W, dtype=tf.float32), indexing="ij")
    return tf.cast((xx - cx) ** 2 + (yy - cy) ** 2 <= r ** 2, tf.float32)


def render(params):
    mask = draw_circle(params[0], params[1], params[2])
    noise = tf.random.stateless_normal([H, W], tf.cast(params[:2] * 100, tf.int32)) * 0.1
    image = mask[..., None] + noise[..., None]
    return image, tf.cast(mask, tf.int32)


def flip_both(image, mask):
    return tf.image.flip_left_right(image), tf.reverse(mask, axis=[1])


class DiceScore(tf.keras.metrics.Metric):
    def __init__(self, n_classes, name="dice"):
        super().__init__(name=name)
        self.n = n_classes
        self.inter = self.add_weight(shape=(n_classes,), initializer="zeros", name="inter")
        self.total = self.add_weight(shape=(n_classes,), initializer="zeros", name="total")

    def update_state(self, y_true, logits, sample_weight=None):
        t = tf.one_hot(y_true, self.n)
        p = tf.one_hot(tf.argmax(logits, -1), self.n)
        self.inter.assign_add(tf.reduce_sum(t * p, axis=[0, 1, 2]))
        self.total.assign_add(tf.reduce_sum(t + p, axis=[0, 1, 2]))

    def result(self):
        return tf.reduce_mean(tf.math.divide_no_nan(2.0 * self.inter, self.total))

    def per_class(self):
        values = tf.math.divide_no_nan(2.0 * self.inter, self.total)
        return {c: float(v) for c, v in enumerate(values)}


def soft_dice_loss(y_true, logits, smooth=1.0):
    p = tf.nn.softmax(logits)
    t = tf.one_hot(y_true, N_CLASSES)
    inter = tf.reduce_sum(p * t, axis=[1, 2])
    return 1.0 - tf.reduce_mean((2.0 * inter + smooth) / (tf.reduce_sum(p + t, axis=[1, 2]) + smooth))


def boundary_weights(mask, w=2.0):
    m = tf.cast(mask, tf.float32)[..., None]
    dil = tf.nn.max_pool2d(m, 3, 1, "SAME")
    ero = -tf.nn.max_pool2d(-m, 3, 1, "SAME")
    return 1.0 + w * (dil - ero)[..., 0]


def combined_loss(y, logits):
    ce = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
    return tf.reduce_mean(ce * boundary_weights(y)) + soft_dice_loss(y, logits)


class Trainer:
    def __init__(self, model):
        self.model = model
        self.opt = tf.keras.optimizers.SGD(0.1, momentum=0.9)
        self.dice = DiceScore(N_CLASSES)
        self.epoch = 0

    @tf.function
    def train_step(self, x, y):
        with tf.GradientTape() as tape:
            logits = self.model(x, training=True)
            loss = combined_loss(y, logits)
        self.opt.apply_gradients(zip(tape.gradient(loss, self.model.trainable_variables),
                                     self.model.trainable_variables))
        self.dice.update_state(y, logits)
        return loss

    def train_epoch(self, ds):
        self.dice.reset_state()
        total = 0.0
        for n, (x, y) in enumerate(ds, 1):
            total += self.train_step(x, y)
        self.epoch += 1
        return {"loss": float(total) / n, "dice": float(self.dice.result())}


def largest_region(mask, rounds=6):
    """Grows the top-left-most region by dilation inside the mask."""
    m = tf.cast(mask, tf.float32)
    flat = tf.reshape(m, [-1])
    if not tf.reduce_any(flat > 0):
        return m
    seed = tf.reshape(tf.one_hot(tf.argmax(flat), flat.shape[0]), m.shape)
    for _ in range(rounds):
        grown = tf.nn.max_pool2d(seed[None, ..., None], 3, 1, "SAME")[0, ..., 0]
        seed = grown * m
    return seed


def tta_predict(model, x):
    a = model(x, training=False)
    b = tf.reverse(model(tf.reverse(x, [2]), training=False), [2])
    return (a + b) / 2.0


def main():
    tf.keras.utils.set_random_seed(14)
    circles = tf.constant([[2., 3., 2.], [5., 4., 2.], [4., 4., 3.], [3., 5., 1.], [6., 2., 2.], [1., 1., 1.]])
    ds = tf.data.Dataset.from_tensor_slices(circles).map(render).map(flip_both).batch(3)
    t = Trainer(build_unet((H, W, 1), (3,)))
    for _ in range(2):
        print({k: round(v, 4) for k, v in t.train_epoch(ds).items()}, t.epoch)
    print({c: round(v, 3) for c, v in t.dice.per_class().items()})
    for c in tf.unstack(circles)[:3]:
        image, mask = render(c)
        logits = tta_predict(t.model, image[None])
        print(logits.shape, soft_dice_loss(mask[None], logits).numpy().round(4),
              tf.reduce_sum(largest_region(mask)).numpy(), boundary_weights(mask[None]).numpy().sum().round(1))
    print(tf.reduce_sum(largest_region(tf.zeros([H, W]))).numpy())


if __name__ == "__main__":
    main()
