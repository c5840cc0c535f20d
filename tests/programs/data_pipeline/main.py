"""Input pipeline of an image classifier: decoding, augmentation, batching, a bit of caching."""
import os
import random

import numpy as np
import tensorflow as tf

AUTOTUNE = tf.data.AUTOTUNE
IMG_SIZE = 8
CLASS_NAMES = ["cat", "dog", "fox"]


def write_fake_images(root, n):
    rng = np.random.RandomState(4)
    for i in range(n):
        d = os.path.join(root, CLASS_NAMES[i % 3])
        os.makedirs(d, exist_ok=True)
        img = rng.randint(0, 255, size=(10 + i % 3, 12, 3)).astype(np.uint8)
        tf.io.write_file(os.path.join(d, "%02d.png" % i), tf.io.encode_png(img))


def get_label(file_path):
    parts = tf.strings.split(file_path, os.path.sep)
    one_hot = parts[-2] == CLASS_NAMES
    return tf.argmax(tf.cast(one_hot, tf.int32))


def decode_img(img):
    img = tf.io.decode_png(img, channels=3)
    return tf.image.resize(img, [IMG_SIZE, IMG_SIZE])


def process_path(file_path):
    label = get_label(file_path)
    img = tf.io.read_file(file_path)
    img = decode_img(img)
    return img, label


def normalize(image, label):
    return tf.cast(image, tf.float32) / 255.0, label


def random_flip(image, label):
    # decided on the host, one coin per picture
    if random.random() > 0.5:
        image = tf.image.flip_left_right(image)
    return image, label


class Augmenter:
    def __init__(self, seed):
        self.rng = tf.random.Generator.from_seed(seed, alg="philox")
        self.calls = 0

    def __call__(self, image, label):
        self.calls += 1
        seed = self.rng.make_seeds(2)[0]
        image = tf.image.stateless_random_brightness(image, 0.2, seed=seed)
        image = tf.image.stateless_random_contrast(image, 0.8, 1.2, seed=seed)
        return tf.clip_by_value(image, 0.0, 1.0), label


def add_salt(image, amount):
    noise = np.random.binomial(1, amount, size=image.shape).astype(np.float32)
    return tf.maximum(image, noise)


def standardize(batch, labels):
    mean, var = tf.nn.moments(batch, axes=[0, 1, 2], keepdims=True)
    return (batch - mean) * tf.math.rsqrt(var + 1e-5), labels


def rotate_py(image):
    return np.rot90(image.numpy(), k=image.numpy().sum().astype(int) % 4).copy()


def tf_rotate(image, label):
    shape = image.shape
    [image] = tf.py_function(rotate_py, [image], [tf.float32])
    image.set_shape(shape)
    return image, label


def central_fraction(image, frac=0.5):
    h = tf.shape(image)[0]
    w = tf.shape(image)[1]
    dh = tf.cast(tf.cast(h, tf.float32) * (1 - frac) / 2, tf.int32)
    dw = tf.cast(tf.cast(w, tf.float32) * (1 - frac) / 2, tf.int32)
    return image[dh:h - dh, dw:w - dw]


def make_dataset(root, training, batch=3):
    ds = tf.data.Dataset.list_files(root + "/*/*.png", shuffle=False)
    ds = ds.map(process_path, num_parallel_calls=1).map(normalize)
    if training:
        ds = ds.map(random_flip).map(Augmenter(1)).map(tf_rotate)
    return ds.batch(batch).map(standardize).prefetch(1)


def summarize(ds):
    rows = []
    for images, labels in ds:
        rows.append((labels.numpy().tolist(), round(float(tf.reduce_max(images)), 3)))
    return rows


def main():
    random.seed(0)
    np.random.seed(0)
    root = "fake_images"
    write_fake_images(root, 7)
    print(summarize(make_dataset(root, False)))
    for _ in range(2):
        print(summarize(make_dataset(root, True)))
    image, label = next(iter(make_dataset(root, False).unbatch()))
    aug = Augmenter(3)
    for k in range(3):
        a, _ = aug(image, label)
        b, _ = random_flip(image, label)
        print(aug.calls, float(tf.reduce_sum(a)), float(tf.reduce_sum(b[:, :3])), float(tf.reduce_sum(add_salt(image, 0.1 * k))))
        print(central_fraction(image, 0.5 + 0.1 * k).shape, normalize(image * 255, k)[1])
        print(tf_rotate(image + k, label)[0].shape)
    for path in sorted(tf.io.gfile.glob(root + "/*/*.png"))[:3]:
        print(get_label(path).numpy(), decode_img(tf.io.read_file(path)).shape)


if __name__ == "__main__":
    main()
