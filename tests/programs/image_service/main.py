import numpy as np
import tensorflow as tf

from serving import handlers, transforms
from serving.config import Options, Request


def main():
    rng = np.random.default_rng(4)
    service = handlers.Service(Options(size=6, mean=(0.4, 0.5, 0.6)))
    for n in range(1, 4):
        image = tf.constant(rng.uniform(size=(8, 8 + n, 3)), tf.float32)
        request = Request("img-%d" % n, image, {"crop": n, "flip": n % 2 == 0})
        answer = service.handle(request)
        print(answer["name"], answer["route"], round(answer["score"], 4), answer["size"])
    print(service.counters)
    images = [tf.constant(rng.uniform(size=(k, 6, 3)), tf.float32) for k in (5, 6, 7, 8)]
    for image, factor in zip(images, (0.5, 0.8, 1.2, 1.5)):
        print(round(float(tf.reduce_mean(transforms.brightness(image, factor))), 4), round(float(transforms.sharpness(image)), 4))
        print(transforms.letterbox(image, 8).shape, transforms.corners(image, 2).shape)
    print(transforms.pyramid(images[3], 2)[-1].shape)
    print([transforms.names(kind) for kind in ("colour", "shape")])


if __name__ == "__main__":
    main()
