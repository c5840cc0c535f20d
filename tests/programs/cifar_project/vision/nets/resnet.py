import tensorflow as tf
from tensorflow.keras import layers


def norm_act(x, name):
    x = layers.LayerNormalization(name=name + "_ln")(x)
    return layers.ReLU(name=name + "_relu")(x)


def residual_block(x, filters, stride, name):
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=stride, name=name + "_proj")(x)
    y = layers.Conv2D(filters, 3, strides=stride, padding="same", name=name + "_conv1")(x)
    y = norm_act(y, name)
    y = layers.Conv2D(filters, 3, padding="same", name=name + "_conv2")(y)
    return layers.Add(name=name + "_add")([shortcut, y])


def build_resnet(size, classes, width=4):
    inputs = tf.keras.Input((size, size, 3))
    x = layers.Conv2D(width, 3, padding="same")(inputs)
    for i, (f, s) in enumerate([(width, 1), (2 * width, 2)]):
        x = residual_block(x, f, s, f"block{i}")
    x = layers.GlobalAveragePooling2D()(x)
    return tf.keras.Model(inputs, layers.Dense(classes)(x), name="resnet")
