"""Request handling. Half of this is not TensorFlow's business."""
from collections import defaultdict
from functools import partial, wraps
from typing import Any

import tensorflow as tf

from .config import Options, Request
from .transforms import brightness, crop, letterbox

jit = partial(tf.function, autograph=False)


def logged(fn):
    @wraps(fn)
    def inner(self, *args, **kwargs):
        self.counters[fn.__name__ if hasattr(fn, "__name__") else "graph"] += 1
        return fn(self, *args, **kwargs)
    return inner


class Service:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.counters: dict[str, int] = defaultdict(int)
        self.kernel = tf.Variable(tf.random.stateless_normal([options.size * options.size * 3], [1, 1]) * 0.1)

    @jit
    def route(self, name: str) -> str:
        return "a" if int(name.split("-")[1]) % 2 else "b"

    @logged
    @tf.function
    def score(self, image: tf.Tensor) -> tf.Tensor:
        image = image - tf.constant(self.options.mean)
        return tf.sigmoid(tf.tensordot(tf.reshape(image, [-1]), self.kernel, 1))

    @jit
    def validate(self, params: dict[str, Any]) -> bool:
        return all(key in ("crop", "flip") for key in params)

    @logged
    def prepare(self, request: Request) -> tf.Tensor:
        image = crop(request.image, request.params["crop"])
        if request.params["flip"]:
            image = image[:, ::-1]
        return letterbox(brightness(image, 1.0), self.options.size)

    def handle(self, request: Request) -> dict[str, Any]:
        valid = self.validate(request.params)
        if not bool(valid):
            return {"name": request.name, "error": "parameters"}
        image = self.prepare(request)
        route = self.route(request.name)
        route = route.numpy().decode() if tf.is_tensor(route) else route
        score = float(self.score(image))
        return {"name": request.name, "route": route, "score": score, "size": tuple(image.shape)}
