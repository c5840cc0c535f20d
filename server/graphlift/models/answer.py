"""Answers to calls: of functions, of constructors, of methods."""

from __future__ import annotations

import itertools

import msgspec

from graphlift.models import convert, names, table, transfer
from graphlift.models.api import HAZARDS, MADE, Arguments, CallResult, Hazard, Host, joined_hazards
from graphlift.models.call import Call
from graphlift.models.folding import folded
from graphlift.models.receivers import class_of
from graphlift.models.rules import evaluate
from graphlift.models.table import Entry
from graphlift.models.transfer.results import instance, map_leaves
from graphlift.models.work import ops_of, reads_of
from graphlift.values import (
    HELD,
    Array,
    KerasTensor,
    Mapping,
    Never,
    Object,
    OneOf,
    Sequence,
    Tensor,
    Unknown,
    Value,
    Variable,
    held_by,
    join_all,
    options,
    short_name,
    through,
    tuple_of,
)

MAX_COMBINATIONS = 12
"""Alternatives of arguments are tried one by one up to this many combinations; beyond, they are taken together."""

_LOADED = transfer


def call(name: str, args: Arguments, host: Host) -> CallResult:
    """What calling a library function or class (canonical name) gives and does. Never raises."""
    entry = table.find(name, host.keras) or table.find(names.canonical(name, host.keras), host.keras)
    if entry is None:
        return _not_modelled(name, args, host)
    if entry.kind == "method" and names.kind(name.rpartition(".")[0]) != "module":
        # Called through its class, as in `tf.Variable.assign(v, 1.0)`; a module holds methods that are bound already.
        receiver = args.positional[0] if args.positional else Unknown("the receiver is not known")
        rest = Arguments(args.positional[1:], args.keywords, args.star, args.double_star)
        return _distributed(entry, rest, host, receiver)
    return _distributed(entry, args, host, None)


def method(receiver: Value, name: str, args: Arguments, host: Host) -> CallResult:
    """What `receiver.name(…)` gives and does, for a library value. Never raises."""
    results = [_method(option, name, args, host) for option in options(receiver)]
    return _joined(results) if results else CallResult(Never())


def _method(receiver: Value, name: str, args: Arguments, host: Host) -> CallResult:
    cls = class_of(receiver)
    if cls is None:
        return CallResult(Unknown(f"`.{name}()` of something that no model knows"))
    entry = table.find_member(cls, name, host.keras)
    if name == "call" and entry is not None and not entry.returns and entry.name.startswith("keras.layers."):
        entry = table.find_member(cls, "__call__", host.keras)  # Which ends in calling it.
    if entry is None:
        subject = f"{short_name(cls)}.{name}"
        return CallResult(Unknown(f"`{subject}` is not modelled"), (Hazard("not-modelled", subject),))
    return _distributed(entry, args, host, receiver)


def _not_modelled(name: str, args: Arguments, host: Host) -> CallResult:
    owner, _, leaf = name.rpartition(".")
    if names.kind(owner) == "class":
        found = table.find_member(owner, leaf, host.keras)
        if found is not None:
            return call(found.name, args, host)
    subject = short_name(name)
    while owner:
        module = table.find(owner, host.keras)
        if module is not None and module.kind == "module" and module.flags:
            return _module_default(module, name, args)
        owner = owner.rpartition(".")[0]
    return CallResult(Unknown(f"`{subject}` is not modelled"), (Hazard("not-modelled", subject),))


def _module_default(module: Entry, name: str, args: Arguments) -> CallResult:
    """The answer for a function of which only its module is known."""
    subject = short_name(name)
    hazards = [Hazard(flag, subject) for flag in module.flags if flag in HAZARDS]
    hazards += _python_only(module, subject, args)
    return CallResult(Unknown(f"what `{subject}` returns is not modelled"), tuple(hazards))


def _values(args: Arguments) -> list[Value]:
    return [*args.positional, *(value for _, value in args.keywords)]


def _python_only(entry: Entry, subject: str, args: Arguments) -> list[Hazard]:
    """What happens to symbolic tensors among the arguments of a function of NumPy or of plain Python."""
    if entry.name.startswith("numpy.") and entry.kind in ("function", "class"):
        kind = "numpy-on-tensor"
    elif "refuses-tensors" in entry.flags:
        kind = "python-on-tensor"
    else:
        return []
    if "takes-symbolic" in entry.flags:
        return []
    leaves = [leaf for value in _values(args) for leaf in convert.leaves(value)]
    if any(convert.symbolic(leaf) for leaf in leaves):
        return [Hazard(kind, subject)]
    if any(isinstance(leaf, Unknown) for leaf in leaves):
        return [Hazard(kind, subject, certain=False)]
    return []


def _distributed(entry: Entry, args: Arguments, host: Host, receiver: Value | None) -> CallResult:
    """The answer for each combination of alternatives, joined."""
    spread = _combinations(args)
    return _joined([_one(entry, one, host, receiver) for one in spread])


def _combinations(args: Arguments) -> list[Arguments]:
    values = _values(args)
    count = 1
    for value in values:
        count *= len(value.options) if isinstance(value, OneOf) else 1
    if count == 1 or count > MAX_COMBINATIONS:
        return [args]
    spread: list[Arguments] = []
    for choice in itertools.product(*(options(v) if isinstance(v, OneOf) else (v,) for v in values)):
        positional = choice[: len(args.positional)]
        named = tuple(
            (name, value)
            for (name, _), value in zip(args.keywords, choice[len(args.positional) :], strict=True)
        )
        spread.append(Arguments(positional, named, args.star, args.double_star))
    return spread


def _joined(results: list[CallResult]) -> CallResult:
    if len(results) == 1:
        return results[0]
    hazards = joined_hazards(result.hazards for result in results)
    return CallResult(join_all(result.value for result in results), hazards, max(r.ops for r in results))


def _one(entry: Entry, args: Arguments, host: Host, receiver: Value | None) -> CallResult:
    call_ = Call(entry.name, entry.params, args, host)
    if receiver is not None:
        call_.params["self"] = receiver
    subject = short_name(entry.name)
    for flag in entry.flags:
        # A tensor that was made outside every graph has a value while tracing.
        spared = flag == "eager-only" and isinstance(receiver, Tensor) and receiver.eager
        if flag in HAZARDS and not spared:
            call_.hazard(flag, subject)
    if _lasts(entry, receiver):
        call_.hazard("changes-variable", subject)
    for hazard in _python_only(entry, subject, args):
        call_.hazards[hazard] = None
    call_.ops = ops_of(entry, receiver)
    if call_.ops:
        call_.ops += reads_of(entry, args)
    refused = _refused(entry, call_, args)
    if refused is not None:
        return refused
    if entry.kind == "class" and not entry.returns:
        value = instance(call_)
    elif entry.returns:
        value = folded(entry.name, args, evaluate(entry.returns, call_))
    else:
        value = Unknown(f"what `{subject}` returns is not modelled")
    unchecked = call_.given.intersection(entry.untested)
    if unchecked:
        value = _loosened(value)
        if any(name in _FORM_CHANGING or name.startswith("return_") for name in unchecked):
            value = Unknown(f"`{min(unchecked)}` may change the form of what `{subject}` gives")
    value = _new(entry, _formed(entry, value, args))
    return CallResult(_holding(entry, value, receiver, args), tuple(call_.hazards), call_.ops)


def _lasts(entry: Entry, receiver: Value | None) -> bool:
    """Whether a call changes what TensorFlow keeps, or acts on the outside: in a graph it does so at each call."""
    if "stateful" in entry.flags:
        return True
    assigns = entry.returns.startswith(("argument(self", "keras_assigned(self"))
    if entry.kind == "method" and isinstance(receiver, Variable) and assigns:
        return True
    return entry.returns.startswith("applied_gradients(") or entry.name.endswith(".update_state")


def _new(entry: Entry, value: Value) -> Value:
    """A list or dictionary that TensorFlow gives is a new one, unless it is an argument or what a callback gave."""
    called_back = any(flag.startswith("callback:") for flag in entry.flags) and entry.name not in _PACKING
    handed = called_back or entry.returns.startswith("argument(")
    if not entry.name.startswith("tensorflow.") or entry.kind == "property" or handed:
        return value
    return as_new(value)


def as_new(value: Value, always: bool = False) -> Value:
    """A list, a dictionary or a tuple of these as a call makes it that nobody else has a hold on yet.

    Those that are known to be somebody's stay that, unless they are `always` new.
    """
    if (
        isinstance(value, Mapping | Sequence)
        and value.type in ("dict", "list")
        and (always or not value.site)
    ):
        return msgspec.structs.replace(value, site=MADE)
    if isinstance(value, Sequence) and value.type == "tuple" and value.items:
        items = tuple(as_new(item, always) for item in value.items)
        return msgspec.structs.replace(value, items=items, element=join_all(items))
    return value


_PACKING = frozenset({"tensorflow.map_fn", "tensorflow.nest.map_structure"})
"""What puts the results of a callback into a structure of its own."""


def _holding(entry: Entry, value: Value, receiver: Value | None, args: Arguments) -> Value:
    """The value, with what it was given of the program's code (see `values.held`)."""
    sources = _values(args) if receiver is None else [receiver, *_values(args)]
    if isinstance(value, Object) and entry.kind == "class":
        lost = [one for one in held_by(sources) if one not in held_by((value,))]
        if lost:
            config = {**dict(value.config), HELD: tuple_of(*lost)}
            return Object(value.cls, tuple(sorted(config.items(), key=lambda item: item[0])))
    return through(value, sources)


def _refused(entry: Entry, call_: Call, args: Arguments) -> CallResult | None:
    """The answer for Keras symbolic tensors: TensorFlow refuses them (Keras 3), the others give symbolic ones."""
    if entry.kind == "method" or not entry.name.startswith(("tensorflow.", "keras.")):
        return None
    if entry.kind == "class" and entry.name.startswith("keras."):
        return None  # A model or a layer is made from symbolic inputs.
    given = _values(args)
    if not any(isinstance(leaf, KerasTensor) for value in given for leaf in convert.leaves(value)):
        return None
    subject = short_name(entry.name)
    if call_.host.keras != 2 and entry.name.startswith("tensorflow."):
        call_.hazard("keras-tensor", subject)
        return CallResult(Unknown(f"`{subject}` does not take a KerasTensor"), tuple(call_.hazards))
    if not entry.returns:
        return CallResult(Unknown(f"what `{subject}` returns is not modelled"), tuple(call_.hazards))
    value = through(map_leaves(evaluate(entry.returns, call_), _symbolic), given)
    return CallResult(value, tuple(call_.hazards))


def _symbolic(value: Value) -> Value:
    return KerasTensor(value.dtype, value.shape) if isinstance(value, Tensor) else value


_FORM_CHANGING = frozenset(
    {"retstep", "sparse", "ragged", "compute_uv", "full_output", "unique", "output_shape"}
)


def _loosened(value: Value) -> Value:
    """The value without its dtypes and shapes: an argument was given that no check of the model varied."""
    if isinstance(value, Array):
        return Array()
    if isinstance(value, Tensor | KerasTensor):
        return msgspec.structs.replace(value, dtype=None, shape=None)
    if isinstance(value, Sequence):
        items = None if value.items is None else tuple(_loosened(item) for item in value.items)
        return msgspec.structs.replace(value, items=items, element=_loosened(value.element))
    return value


def _formed(entry: Entry, value: Value, args: Arguments) -> Value:
    """Composite tensors: what comes of a ragged or sparse argument is said only by rules that know of it."""
    if not isinstance(value, Tensor) or value.form != "dense" or "composite" in entry.flags:
        return value
    given = _values(args)
    forms = {leaf.form for v in given for leaf in convert.leaves(v) if isinstance(leaf, Tensor)} - {"dense"}
    if not forms or forms == {"slices"}:
        return value
    if forms == {"ragged"} and "ragged" in entry.flags:
        return Tensor(value.dtype, value.shape, "ragged")
    return Unknown(f"`{short_name(entry.name)}` of a {forms.pop()} tensor is not modelled")
