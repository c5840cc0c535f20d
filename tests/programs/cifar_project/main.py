import tensorflow as tf

from vision.data import Pipeline, SyntheticImages
from vision.data.pipeline import maybe_flip, pad_and_crop, standardize, to_float
from vision.nets.resnet import build_resnet
from vision.trainers import Classifier, SmoothedClassifier


def main():
    tf.keras.utils.set_random_seed(0)
    train = Pipeline(8, augment=True).build(SyntheticImages(16))
    valid = Pipeline(8, augment=False).build(SyntheticImages(16, seed=1))
    trainers = [
        Classifier(build_resnet(8, 4), tf.keras.optimizers.SGD(0.05)),
        SmoothedClassifier(build_resnet(8, 4), tf.keras.optimizers.SGD(0.05), total_steps=4),
    ]
    for t in trainers:
        t.fit(train, valid, epochs=2)
        print(type(t).__name__, t.history, "best", round(t.best, 4), "step", int(t.global_step))
    images, _ = SyntheticImages(3, seed=4).arrays()
    for i, image in enumerate(images):
        x = standardize(to_float(tf.constant(image)))
        s = tf.constant([i, 2])
        print(pad_and_crop(x, s).numpy().mean().round(4), maybe_flip(x, s).numpy()[0, 0].round(3))


if __name__ == "__main__":
    main()
