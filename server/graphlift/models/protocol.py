"""What a framework does with the methods that users define in classes derived from its own."""

from __future__ import annotations

import msgspec

from graphlift.models import names
from graphlift.values import (
    Mapping,
    Never,
    Py,
    Tensor,
    Unknown,
    Value,
    join_all,
)


class Protocol(msgspec.Struct, frozen=True):
    """How the framework uses one user-defined method.

    `called` says whether the framework itself calls it. `traced` says whether that happens inside a graph:
    `fit` (within `Model.fit` and its relatives, unless `run_eagerly`), `caller` (in whatever its caller runs in),
    or nothing. `autograph` says whether AutoGraph rewrites it then. `parameters` describes what it is given, by
    position behind `self`; later parameters take their defaults. `returns` names what the framework makes of
    the result, for messages.
    """

    base: str
    called: bool
    traced: str = ""
    autograph: bool = False
    parameters: tuple[Value, ...] = ()


_LAYER = "keras.layers.Layer"
_MODEL = "keras.Model"
_LOSS = "keras.losses.Loss"
_METRIC = "keras.metrics.Metric"
_CALLBACK = "keras.callbacks.Callback"
_OPTIMIZER = "keras.optimizers.Optimizer"

_TENSOR = Tensor(None, None)
_DATA = Unknown("what the data that `fit` is given holds is not visible")
_LOGS = join_all([Mapping("dict", None, Py("str"), Py("float")), Mapping("dict", (), Never(), Never())])


def subclass_protocol(base: str, method: str, keras: int = 3) -> Protocol | None:
    """What the framework does with `method` of a class derived from the library class `base`; `None`: nothing known."""
    for root, table in _PROTOCOLS.items():
        if names.is_subclass(base, root) and method in table:
            found = table[method]
            # Keras 2 converts `call`, losses and metrics with AutoGraph; Keras 3 converts nothing.
            converts = found.autograph and keras == 2
            return Protocol(root, found.called, found.traced, converts, found.parameters)
    return None


def _framework(base: str, traced: str, *parameters: Value, autograph: bool = False) -> Protocol:
    return Protocol(base, True, traced, autograph, parameters)


_PROTOCOLS: dict[str, dict[str, Protocol]] = {
    _MODEL: {
        "train_step": _framework(_MODEL, "fit", _DATA),
        "test_step": _framework(_MODEL, "fit", _DATA),
        "predict_step": _framework(_MODEL, "fit", _DATA),
        "compute_loss": _framework(_MODEL, "fit"),
        "compute_metrics": _framework(_MODEL, "fit"),
        "compile": Protocol(_MODEL, False),
        "fit": Protocol(_MODEL, False),
    },
    _LAYER: {
        "call": _framework(_LAYER, "caller", autograph=True),
        "build": _framework(_LAYER, ""),
        "compute_output_shape": _framework(_LAYER, ""),
        "compute_mask": _framework(_LAYER, "caller"),
        "get_config": _framework(_LAYER, ""),
    },
    _LOSS: {
        "call": _framework(_LOSS, "caller", _TENSOR, _TENSOR, autograph=True),
        "__call__": _framework(_LOSS, "caller", _TENSOR, _TENSOR),
        "get_config": _framework(_LOSS, ""),
    },
    _METRIC: {
        "update_state": _framework(_METRIC, "caller", _TENSOR, _TENSOR, autograph=True),
        "result": _framework(_METRIC, "caller", autograph=True),
        "reset_state": _framework(_METRIC, "", autograph=False),
        "reset_states": _framework(_METRIC, ""),
        "get_config": _framework(_METRIC, ""),
    },
    _CALLBACK: {
        "on_train_begin": _framework(_CALLBACK, "", _LOGS),
        "on_train_end": _framework(_CALLBACK, "", _LOGS),
        "on_test_begin": _framework(_CALLBACK, "", _LOGS),
        "on_test_end": _framework(_CALLBACK, "", _LOGS),
        "on_predict_begin": _framework(_CALLBACK, "", _LOGS),
        "on_predict_end": _framework(_CALLBACK, "", _LOGS),
        "on_epoch_begin": _framework(_CALLBACK, "", Py("int"), _LOGS),
        "on_epoch_end": _framework(_CALLBACK, "", Py("int"), _LOGS),
        **{
            f"on_{mode}_batch_{edge}": _framework(_CALLBACK, "", Py("int"), _LOGS)
            for mode in ("train", "test", "predict")
            for edge in ("begin", "end")
        },
    },
    _OPTIMIZER: {
        "build": _framework(_OPTIMIZER, ""),
        "update_step": _framework(_OPTIMIZER, "caller", _TENSOR),
        "get_config": _framework(_OPTIMIZER, ""),
    },
    "keras.optimizers.schedules.LearningRateSchedule": {
        "__call__": _framework("keras.optimizers.schedules.LearningRateSchedule", "caller", _TENSOR),
        "get_config": _framework("keras.optimizers.schedules.LearningRateSchedule", ""),
    },
    "keras.initializers.Initializer": {
        "__call__": _framework("keras.initializers.Initializer", ""),
        "get_config": _framework("keras.initializers.Initializer", ""),
    },
    "keras.regularizers.Regularizer": {
        "__call__": _framework("keras.regularizers.Regularizer", "caller", _TENSOR),
        "get_config": _framework("keras.regularizers.Regularizer", ""),
    },
    "keras.constraints.Constraint": {
        "__call__": _framework("keras.constraints.Constraint", "caller", _TENSOR),
        "get_config": _framework("keras.constraints.Constraint", ""),
    },
    "keras.utils.Sequence": {
        "__getitem__": _framework("keras.utils.Sequence", "", Py("int")),
        "__len__": _framework("keras.utils.Sequence", ""),
        "on_epoch_end": _framework("keras.utils.Sequence", ""),
    },
}
