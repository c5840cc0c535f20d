"""What library calls do to abstract values: the one entrance to the models of TensorFlow, Keras, NumPy and others.

Everything here takes canonical names (`canonical`) and abstract values and answers with values; nothing raises on
odd arguments. The generated tables (`table`) say which names exist and name the rules; `transfer/` holds the rules.
"""

from __future__ import annotations

from graphlift.models.answer import call, method
from graphlift.models.api import HAZARDS, Arguments, CallResult, Hazard, Host
from graphlift.models.members import attribute, constant, is_method, iterate, mutated
from graphlift.models.names import canonical, is_known_library, is_subclass, kind, member
from graphlift.models.operators import operator
from graphlift.models.protocol import Protocol, subclass_protocol
from graphlift.models.table import use_release
from graphlift.models.uses import tensor_parameters
from graphlift.models.xla import under_xla

__all__ = [
    "HAZARDS",
    "Arguments",
    "CallResult",
    "Hazard",
    "Host",
    "Protocol",
    "attribute",
    "call",
    "canonical",
    "constant",
    "is_known_library",
    "is_method",
    "is_subclass",
    "iterate",
    "kind",
    "member",
    "method",
    "mutated",
    "operator",
    "subclass_protocol",
    "tensor_parameters",
    "under_xla",
    "use_release",
]
