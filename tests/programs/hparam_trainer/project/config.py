from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Dict


@dataclass
class OptimizerConfig:
    name: str = "sgd"
    lr: float = 0.1
    momentum: float = 0.9


@dataclass
class ModelConfig:
    kind: str = "mlp"
    hidden: int = 8
    dropout: float = 0.0
    residual: bool = False


@dataclass
class Config:
    model: ModelConfig = field(default_factory=ModelConfig)
    optim: OptimizerConfig = field(default_factory=OptimizerConfig)
    steps: int = 4
    label_smoothing: float = 0.0
    seed: int = 0

    def replace(self, **overrides: Any) -> "Config":
        out = dataclasses.replace(self, model=dataclasses.replace(self.model), optim=dataclasses.replace(self.optim))
        for key, value in overrides.items():
            target: Any = out
            *path, last = key.split("__")
            for part in path:
                target = getattr(target, part)
            if not hasattr(target, last):
                raise KeyError(key)
            setattr(target, last, value)
        return out


class HParams(dict):
    """Attribute-style access."""

    def __getattr__(self, k: str) -> Any:
        try:
            return self[k]
        except KeyError:
            raise AttributeError(k) from None

    @classmethod
    def from_config(cls, cfg: Config) -> "HParams":
        flat: Dict[str, Any] = {}
        for k, v in dataclasses.asdict(cfg).items():
            if isinstance(v, dict):
                flat.update({f"{k}_{kk}": vv for kk, vv in v.items()})
            else:
                flat[k] = v
        return cls(flat)
