from __future__ import annotations

import tensorflow as tf

MEAN = (0.49, 0.48, 0.45)
STD = (0.25, 0.24, 0.26)


def to_float(image: tf.Tensor) -> tf.Tensor:
    return tf.image.convert_image_dtype(image, tf.float32)


def standardize(image: tf.Tensor) -> tf.Tensor:
    return (image - tf.constant(MEAN)) / tf.constant(STD)


def pad_and_crop(image: tf.Tensor, seed: tf.Tensor, pad: int = 1) -> tf.Tensor:
    h, w, c = image.shape
    padded = tf.pad(image, [[pad, pad], [pad, pad], [0, 0]], mode="REFLECT")
    return tf.image.stateless_random_crop(padded, [h, w, c], seed=seed)


def maybe_flip(image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    coin = tf.random.stateless_uniform([], seed=seed)
    if coin < 0.5:
        return tf.reverse(image, axis=[1])
    return image


class Pipeline:
    def __init__(self, batch_size: int, augment: bool):
        self.batch_size = batch_size
        self.augment = augment
        self.built = 0

    def _train_example(self, index, example):
        image, label = example
        image = to_float(image)
        seed = tf.stack([tf.cast(index, tf.int32), 17])
        image = maybe_flip(pad_and_crop(image, seed), seed + 1)
        return standardize(image), label

    def _eval_example(self, image, label):
        return standardize(to_float(image)), label

    def build(self, source) -> tf.data.Dataset:
        self.built += 1
        ds = tf.data.Dataset.from_tensor_slices(source.arrays())
        if self.augment:
            ds = ds.enumerate().map(self._train_example)
        else:
            ds = ds.map(self._eval_example)
        return ds.batch(self.batch_size)
