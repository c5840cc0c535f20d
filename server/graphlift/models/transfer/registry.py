"""What Keras makes of a name: `keras.losses.get("mse")`, `keras.optimizers.get("adam")`."""

from __future__ import annotations

import re

from graphlift.models import convert, names, table
from graphlift.models.call import Call
from graphlift.models.rules import result_rule
from graphlift.values import NONE, Const, External, Mapping, Object, Unknown, Value


def snake(name: str) -> str:
    """A class's name as Keras also takes it: `GlorotUniform` as `glorot_uniform`."""
    inner = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", inner).lower()


@result_rule
def keras_named(call: Call, identifier: Value | None) -> Value:
    """`keras.MODULE.get(identifier)` and `deserialize`: the thing of that name in the same module, or what is given."""
    module = call.name.rpartition(".")[0]
    if identifier is None or convert.is_none(identifier):
        return NONE
    if isinstance(identifier, Const) and identifier.type == "str":
        return _found(module, convert.as_str(identifier) or "", call.host.keras)
    if isinstance(identifier, External) and names.kind(identifier.name) == "class":
        return Object(identifier.name)
    if isinstance(identifier, Mapping | Unknown):
        return Unknown("an object made from its configuration")
    return identifier


def _found(module: str, text: str, keras: int) -> Value:
    # Keras 2 keeps losses and metrics as functions under their short names, Keras 3 losses alone.
    if module == "keras.losses" or (module == "keras.metrics" and keras == 2):
        target = names.canonical(f"{module}.{text}", keras)
        entry = table.find(target, keras)
        if entry is not None and entry.kind == "function":
            return External(target)
    for name, entry in table.keras_tables(keras)[0].entries.items():
        owner, _, leaf = name.rpartition(".")
        if entry.kind == "class" and owner == module and text in (leaf, snake(leaf)):
            return Object(name)
    return Unknown(f"what Keras makes of the name {text!r}")
