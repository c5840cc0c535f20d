import tensorflow as tf

_NAMES = {"colour": ["brightness", "sharpness"], "shape": ["crop", "letterbox", "pyramid"]}


@tf.function
def brightness(image, factor):
    return tf.clip_by_value(image * factor, 0.0, 1.0)


@tf.function
def crop(image, border):
    return image[border:-border, border:-border]


def letterbox(image, size):
    image = tf.image.resize_with_pad(image, size, size)
    return tf.ensure_shape(image, [size, size, 3])


@tf.function
def sharpness(image):
    dy, dx = tf.image.image_gradients(image[None])
    return tf.reduce_mean(tf.sqrt(dy ** 2 + dx ** 2 + 1e-12))


@tf.function
def corners(image, k):
    gray = tf.reduce_mean(image, -1)
    gy, gx = gray[1:, :-1] - gray[:-1, :-1], gray[:-1, 1:] - gray[:-1, :-1]
    response = gx ** 2 * gy ** 2 - 0.05 * (gx ** 2 + gy ** 2) ** 2
    _, index = tf.math.top_k(tf.reshape(response, [-1]), k)
    return tf.stack([index // tf.shape(response)[1], index % tf.shape(response)[1]], 1)


def pyramid(image, levels):
    out = [image]
    for _ in range(levels):
        image = tf.nn.avg_pool2d(image[None], 2, 2, "SAME")[0]
        out.append(image)
    return out


def names(kind):
    return list(_NAMES[kind])
