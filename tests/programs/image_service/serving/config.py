from dataclasses import dataclass, field
from typing import Any

import tensorflow as tf


@dataclass
class Options:
    size: int = 8
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    limits: dict[str, float] = field(default_factory=lambda: {"min": 0.0, "max": 1.0})

    def area(self) -> int:
        return self.size * self.size


@dataclass
class Request:
    name: str
    image: tf.Tensor
    params: dict[str, Any]

    @property
    def pixels(self) -> int:
        return int(self.image.shape[0]) * int(self.image.shape[1])
