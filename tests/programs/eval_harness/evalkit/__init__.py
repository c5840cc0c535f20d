from .accumulators import BootstrapCI, ConfusionMatrix, Mean
from .runner import EvaluationRunner

__all__ = ["BootstrapCI", "ConfusionMatrix", "EvaluationRunner", "Mean"]
