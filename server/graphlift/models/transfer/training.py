"""What Keras losses, metrics, optimizers and variables give."""

from __future__ import annotations

from graphlift.models import convert
from graphlift.models.call import Call
from graphlift.models.convert import is_none, operand
from graphlift.models.rules import result_rule
from graphlift.models.transfer.layers import compute_dtype, setting
from graphlift.models.work import ops_of_update
from graphlift.values import (
    Const,
    Mapping,
    Object,
    Sequence,
    Shape,
    Tensor,
    Unknown,
    Value,
    Variable,
    const,
)


@result_rule
def loss_value(call: Call, self: Value | None, y_pred: Value | None) -> Value:
    """A loss object called: one number, or one per example with `reduction='none'`."""
    dtype = compute_dtype(self) if call.host.keras != 2 else _loss_dtype(y_pred)
    reduction = setting(self, "reduction", const("sum_over_batch_size"))
    text = convert.as_str(reduction)
    if is_none(reduction) or text == "none":
        return Tensor(dtype, _per_example(y_pred))
    if text is None and not (isinstance(reduction, Unknown) and not _given(self, "reduction")):
        return Tensor(dtype, None)
    return Tensor(dtype, ())


def _given(self: Value | None, name: str) -> bool:
    return (
        isinstance(self, Object) and any(key == name for key, _ in self.config) and not _defaulted(self, name)
    )


def _defaulted(self: Object, name: str) -> bool:
    value = dict(self.config).get(name)
    return isinstance(value, Unknown) and value.reason.startswith("the default is")


def _loss_dtype(y_pred: Value | None) -> str | None:
    """In Keras 2 some losses follow their argument and others the global setting: both agree on float32."""
    return "float32" if operand(y_pred).dtype == "float32" else None


def _per_example(y_pred: Value | None) -> Shape:
    known = operand(y_pred).shape
    return None if not known else known[:-1]


@result_rule
def metric_value(self: Value | None) -> Value:
    """A metric's result: a number, except for metrics that keep several."""
    cls = self.cls if isinstance(self, Object) else ""
    if cls in _MANY_RESULTS or not cls.startswith("keras.metrics."):
        return Tensor(None, None)
    if cls == "keras.metrics.MeanMetricWrapper" or cls == "keras.metrics.Metric":
        return Unknown("what the metric gives is not known")
    dtype = compute_dtype(self)
    return Tensor(dtype, ()) if cls in _SCALAR_RESULTS else Tensor(dtype, None)


_MANY_RESULTS = frozenset({"keras.metrics.F1Score", "keras.metrics.FBetaScore", "keras.metrics.R2Score"})
_SCALAR_RESULTS = frozenset(
    f"keras.metrics.{name}"
    for name in [
        "Mean",
        "Sum",
        "Accuracy",
        "BinaryAccuracy",
        "CategoricalAccuracy",
        "SparseCategoricalAccuracy",
        "TopKCategoricalAccuracy",
        "SparseTopKCategoricalAccuracy",
        "MeanSquaredError",
        "RootMeanSquaredError",
        "MeanAbsoluteError",
        "MeanAbsolutePercentageError",
        "MeanSquaredLogarithmicError",
        "CosineSimilarity",
        "LogCoshError",
        "BinaryCrossentropy",
        "CategoricalCrossentropy",
        "SparseCategoricalCrossentropy",
        "KLDivergence",
        "Poisson",
        "Hinge",
        "SquaredHinge",
        "CategoricalHinge",
    ]
)


@result_rule
def applied_gradients(call: Call, pairs: Value | None) -> Value:
    """`optimizer.apply_gradients`: some ops for each variable, and a few of its own."""
    count = 4
    if isinstance(pairs, Sequence) and pairs.items is not None:
        count = len(pairs.items)
    call.ops = (call.ops or 4) + ops_of_update(call.params.get("self")) * count
    if call.host.keras != 2 and call.name.endswith(".apply_gradients"):
        return Variable("int64", (), keras=True)  # The optimizer's `iterations` (measured, Keras 3.15).
    return Unknown("what an optimizer step gives depends on the Keras version")


@result_rule
def learning_rate(call: Call, self: Value | None) -> Value:
    """An optimizer's learning rate: a variable, or a schedule's value."""
    given = setting(self, "learning_rate", const(0.001))
    if isinstance(given, Const):
        return Variable("float32", (), keras=call.host.keras != 2)
    return Unknown("the learning rate may be a schedule")


@result_rule
def variables_of(call: Call) -> Value:
    """A list of variables, as many as there are."""
    return Sequence("list", None, Variable(None, None, call.host.keras != 2))


@result_rule
def logs_of() -> Value:
    """The results of a training step by metric name."""
    return Mapping("dict", None, Unknown("the names of the metrics"), Tensor())


@result_rule
def variable_from(call: Call, shape: Value | None, dtype: Value | None) -> Value:
    """`layer.add_weight`: a variable of the framework."""
    name = "float32" if is_none(dtype) else convert.as_dtype(dtype)
    extent = () if is_none(shape) else convert.as_dims(shape)
    return Variable(name, extent, keras=call.host.keras != 2)


@result_rule
def keras_variable(
    initializer: Value | None, shape: Value | None = None, dtype: Value | None = None
) -> Value:
    """`keras.Variable`: made of a value, or of an initializer with a shape."""
    name = "float32" if is_none(dtype) else convert.as_dtype(dtype)
    if is_none(shape):
        seen = operand(initializer)
        return Variable(name if seen.strength and not is_none(dtype) else None, seen.shape, keras=True)
    return Variable(name, convert.as_dims(shape), keras=True)
