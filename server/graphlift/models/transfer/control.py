"""Functions that call back: control flow, maps, scans, structures, Python inside graphs."""

from __future__ import annotations

from graphlift.models import convert, shapes
from graphlift.models.api import Arguments
from graphlift.models.call import Call
from graphlift.models.convert import is_none, operand
from graphlift.models.rules import result_rule
from graphlift.models.transfer.nests import leaf_of
from graphlift.models.transfer.results import map_leaves, structure_like
from graphlift.values import (
    NONE,
    Array,
    Bound,
    Const,
    DType,
    External,
    Function,
    GraphFunction,
    Mapping,
    Partial,
    Py,
    Sequence,
    Spec,
    Tensor,
    Unknown,
    Value,
    changed_shape,
    join_all,
    mismatch,
    options,
    structure_of,
    widen_loop,
)

CALLABLE = (Function, Bound, Partial, GraphFunction, External)
MAX_PASSES = 6


def invoke(
    call: Call, function: Value | None, *arguments: Value, repeated: bool = False, converts: bool = False
) -> Value:
    """Call a callback of the user's through the interpreter."""
    if function is None or is_none(function):
        return Unknown("no function was given")
    return call.host.invoke(function, Arguments(arguments), repeated=repeated, converts=converts)


@result_rule
def cond(call: Call, true_fn: Value | None, false_fn: Value | None) -> Value:
    """`tf.cond`: either branch's result, as tensors. A graph takes no Python `bool` for a condition."""
    condition = call.value("pred")
    if condition is not None and all(
        isinstance(o, Const | Py) and o.type == "bool" for o in options(condition)
    ):
        call.hazard("eager-only", "tf.cond with a Python bool")
    left, right = invoke(call, true_fn), invoke(call, false_fn)
    _must_meet(call, left, right)
    return structure_like(join_all([left, right]))


def _must_meet(call: Call, *branches: Value) -> None:
    """Report branches that leave different things: all of them become part of one graph."""
    for other in branches[1:]:
        found = mismatch(branches[0], other)
        if found:
            call.hazard("branch-mismatch", f"the result holds {found}")
            return


@result_rule
def case(call: Call, pairs: Value | None, default: Value | None) -> Value:
    """`tf.case`: the result of one of the functions paired with conditions."""
    found: list[Value] = []
    if not isinstance(pairs, Sequence) or pairs.items is None:
        return Unknown("the branches of tf.case are not known")
    for pair in pairs.items:
        known = isinstance(pair, Sequence) and pair.items is not None and len(pair.items) == 2
        function = pair.items[1] if known and isinstance(pair, Sequence) and pair.items else None
        found.append(invoke(call, function))
    if not is_none(default):
        found.append(invoke(call, default))
    _must_meet(call, *found)
    return structure_like(join_all(found))


@result_rule
def switch_case(call: Call, branches: Value | None, default: Value | None) -> Value:
    """`tf.switch_case`: the result of one of the branches."""
    functions: tuple[Value, ...] | None = None
    if isinstance(branches, Sequence):
        functions = branches.items
    elif isinstance(branches, Mapping) and branches.items is not None:
        functions = tuple(value for _, value in branches.items)
    if functions is None:
        return Unknown("the branches of tf.switch_case are not known")
    found = []
    for function in functions:
        pair = isinstance(function, Sequence) and function.items is not None and len(function.items) == 2
        chosen = function.items[1] if pair and isinstance(function, Sequence) and function.items else function
        found.append(invoke(call, chosen))
    if not is_none(default):
        found.append(invoke(call, default))
    _must_meet(call, *found)
    return structure_like(join_all(found))


def _parts(value: Value) -> tuple[Value, ...] | None:
    return value.items if isinstance(value, Sequence) else None


@result_rule
def while_loop(
    call: Call,
    condition: Value | None,
    body: Value | None,
    loop_vars: Value | None,
    invariants: Value | None = None,
) -> Value:
    """`tf.while_loop`: the loop variables at a fixpoint of the body."""
    if loop_vars is None:
        return Unknown("no loop variables were given")
    state = structure_like(loop_vars)
    loosened = not is_none(invariants)
    for number in range(MAX_PASSES):
        parts = _parts(state)
        arguments = parts if parts is not None else (state,)
        invoke(call, condition, *arguments, repeated=True)
        after = _shaped_like(state, structure_like(invoke(call, body, *arguments, repeated=True)))
        if number == 0:
            _must_stay(call, state, after, loosened)
        if any(isinstance(leaf, Unknown) for leaf in convert.leaves(after)):
            # What the body gives has the structure and dtypes that went in; shapes may have been loosened.
            return map_leaves(state, _forget_shape if loosened else lambda leaf: leaf)
        joined = _shaped_like(state, widen_loop(state, after))
        if joined == state:
            return state
        state = joined
    return map_leaves(state, _forget_shape)


def _must_stay(call: Call, before: Value, after: Value, loosened: bool) -> None:
    """Report loop variables that one pass changes: each has one structure, dtype and shape in the graph."""
    found = mismatch(before, after)
    if found:
        subject = f"a loop variable takes {found}".replace("on one side", "before the loop")
        call.hazard("loop-mismatch", subject.replace("on the other", "after a pass"))
        return
    found = "" if loosened else changed_shape(before, after)
    if found:
        call.hazard("loop-mismatch", f"a loop variable has {found}")


def _shaped_like(state: Value, after: Value) -> Value:
    """The loop variables that a pass leaves, one by one as they went in.

    The body may give its one loop variable bare, and a tuple where a list went in.
    """
    if not isinstance(state, Sequence) or not state.items:
        return after
    alternatives = [_split_like(state.items, option) for option in options(after)]
    if not alternatives or any(one is None for one in alternatives):
        return after
    items = tuple(join_all(parts) for parts in zip(*(one for one in alternatives if one), strict=True))
    return Sequence(state.type, items, join_all(items), "", state.fields)


def _split_like(items: tuple[Value, ...], after: Value) -> tuple[Value, ...] | None:
    """As many values as there are loop variables, of what a pass gives; `None` where that is something else."""
    if isinstance(after, Sequence) and after.type in ("list", "tuple"):
        if after.items is None:
            return (after.element,) * len(items)
        return after.items if len(after.items) == len(items) else None
    return (after,) if len(items) == 1 and not isinstance(after, Sequence) else None


def _forget_shape(leaf: Value) -> Value:
    if isinstance(leaf, Tensor):
        return Tensor(leaf.dtype, None, leaf.form)
    return leaf


def rows(value: Value) -> Value:
    """The structure of one row of each tensor in a structure."""
    return map_leaves(value, _row)


def _row(leaf: Value) -> Value:
    seen = operand(leaf)
    if seen.form != "dense":
        return Unknown(f"a row of a {seen.form} tensor")
    return Tensor(seen.dtype, seen.shape[1:] if seen.shape else None)


def leading(value: Value | None) -> int | str | None:
    """The common first size of the tensors in a structure."""
    result: int | str | None = None
    for leaf in convert.leaves(value) if value is not None else ():
        seen = operand(leaf)
        if seen.shape:
            result = shapes.merge_dims(result, seen.shape[0])
    return result


def stacked(value: Value, size: int | str | None) -> Value:
    """The structure with each tensor stacked `size` times."""

    def more(leaf: Value) -> Value:
        seen = operand(leaf)
        if isinstance(leaf, Unknown) or seen.strength == 0:
            return leaf if isinstance(leaf, Unknown) else Tensor(None, None)
        if seen.form != "dense":
            return Unknown(f"a stack of {seen.form} tensors")
        return Tensor(seen.dtype, None if seen.shape is None else (size, *seen.shape))

    return map_leaves(value, more)


def from_signature(value: Value) -> Value:
    """The values that a structure of dtypes or specs describes."""

    def leaf_of(leaf: Value) -> Value:
        if isinstance(leaf, Spec):
            return Tensor(leaf.dtype, leaf.shape, leaf.form)
        dtype = convert.as_dtype(leaf)
        return Tensor(dtype, None) if dtype or isinstance(leaf, DType) else Unknown("an output signature")

    return map_leaves(value, leaf_of)


@result_rule
def map_fn(
    call: Call,
    fn: Value | None,
    elems: Value | None,
    signature: Value | None = None,
    dtype: Value | None = None,
) -> Value:
    """`tf.map_fn`: the callback's results, stacked; a signature overrules what the callback shows."""
    if elems is None:
        return Unknown("nothing to map over was given")
    result = structure_like(invoke(call, fn, rows(elems), repeated=True, converts=True))
    declared = dtype if is_none(signature) else signature
    if declared is not None and not is_none(declared):
        wanted = from_signature(declared)
        result = _declared(wanted, result)
    else:
        same = map_leaves(elems, lambda leaf: Tensor(operand(leaf).dtype, None))
        result = _declared(same, result) if not isinstance(elems, Sequence) else result
    return stacked(result, leading(elems))


def _declared(wanted: Value, found: Value) -> Value:
    """A declared structure, with the shapes found by calling where the structures agree."""
    if isinstance(wanted, Tensor) and isinstance(found, Tensor):
        if wanted.form != "dense":
            return Unknown(f"a stack of {wanted.form} tensors")
        return Tensor(wanted.dtype, shapes.merge(wanted.shape, found.shape))
    if not isinstance(wanted, Sequence) or not isinstance(found, Sequence):
        return wanted
    if wanted.items is None or found.items is None or len(wanted.items) != len(found.items):
        return wanted
    items = tuple(_declared(a, b) for a, b in zip(wanted.items, found.items, strict=True))
    return Sequence(found.type, items, join_all(items), "", found.fields)


@result_rule
def vectorized_map(call: Call, fn: Value | None, elems: Value | None) -> Value:
    """`tf.vectorized_map`: the callback's results, stacked."""
    if elems is None:
        return Unknown("nothing to map over was given")
    result = call.host.invoke(fn or NONE, Arguments((rows(elems),)), traced=True, repeated=False)
    return stacked(structure_like(result), leading(elems))


@result_rule
def scan(call: Call, fn: Value | None, elems: Value | None, initializer: Value | None = None) -> Value:
    """`tf.scan`: every state, stacked."""
    if elems is None:
        return Unknown("nothing to scan was given")
    return stacked(_folded(call, fn, elems, initializer), leading(elems))


@result_rule
def fold(call: Call, fn: Value | None, elems: Value | None, initializer: Value | None = None) -> Value:
    """`tf.foldl` and `tf.foldr`: the last state."""
    if elems is None:
        return Unknown("nothing to fold was given")
    return _folded(call, fn, elems, initializer)


def _folded(call: Call, fn: Value | None, elems: Value, initializer: Value | None) -> Value:
    row = rows(elems)
    state = structure_like(row if is_none(initializer) else initializer)
    for _ in range(MAX_PASSES):
        after = structure_like(invoke(call, fn, state, row, repeated=True))
        joined = _shaped_like(state, widen_loop(state, after))
        if joined == state:
            return state
        if any(isinstance(leaf, Unknown) for leaf in convert.leaves(joined)):
            return map_leaves(state, _forget_shape)
        state = joined
    return map_leaves(state, _forget_shape)


@result_rule
def map_structure(call: Call, func: Value | None, structure: Value | None = None) -> Value:
    """`tf.nest.map_structure` and `keras.tree.map_structure`: the callback on each leaf."""
    structures = list(call.rest)
    if structure is not None and structure not in structures:
        structures.insert(0, structure)
    if not structures:
        return Unknown("no structure was given")
    return _mapped(call, func, structures)


def _mapped(call: Call, func: Value | None, structures: list[Value]) -> Value:
    """The callback's results in the structure that all of these have; what is unknown may be of any form."""
    seen = [each for each in structures if not isinstance(each, Unknown)]
    if not seen:
        leaf = invoke(call, func, *(leaf_of(each) for each in structures))
        return structure_of(leaf, structures[0].reason) if isinstance(structures[0], Unknown) else leaf
    first = seen[0]
    if isinstance(first, Sequence) and first.items is not None:
        return _mapped_items(call, func, first, structures)
    if isinstance(first, Sequence):
        elements = [each.element if isinstance(each, Sequence) else each for each in structures]
        return Sequence(first.type, None, _mapped(call, func, elements), "", first.fields)
    if isinstance(first, Mapping):
        return _mapped_entries(call, func, first, structures)
    if len(structures) == 1 and len(options(first)) > 1:
        return join_all(_mapped(call, func, [option]) for option in options(first))
    if any(isinstance(option, Sequence | Mapping) for each in seen for option in options(each)):
        leaf = invoke(call, func, *(join_all(map(leaf_of, convert.leaves(each))) for each in structures))
        return structure_of(leaf, "structures of several forms are mapped together")
    return invoke(call, func, *(leaf_of(each) for each in structures))


def _mapped_items(call: Call, func: Value | None, first: Sequence, structures: list[Value]) -> Value:
    length = len(first.items or ())
    columns: list[tuple[Value, ...]] = []
    for each in structures:
        if isinstance(each, Unknown):
            columns.append((each,) * length)
        elif isinstance(each, Sequence) and each.items is not None and len(each.items) == length:
            columns.append(each.items)
        else:
            return Unknown("structures of different lengths are mapped together")
    items = tuple(_mapped(call, func, list(row)) for row in zip(*columns, strict=True))
    return Sequence(first.type, items, join_all(items), "", first.fields)


def _mapped_entries(call: Call, func: Value | None, first: Mapping, structures: list[Value]) -> Value:
    dicts = [each for each in structures if isinstance(each, Mapping)]
    keys = {None if each.items is None else frozenset(key for key, _ in each.items) for each in dicts}
    if first.items is None or len(keys) > 1:
        inner = _mapped(
            call, func, [each.value if isinstance(each, Mapping) else each for each in structures]
        )
        return Mapping(first.type, None, first.key, inner)
    entries = []
    for key, _ in first.items:
        row = [dict(each.items or ())[key] if isinstance(each, Mapping) else each for each in structures]
        entries.append((key, _mapped(call, func, row)))
    return Mapping(first.type, tuple(entries), first.key, join_all(item for _, item in entries))


@result_rule
def py_function(call: Call, func: Value | None, inputs: Value | None, types: Value | None) -> Value:
    """`tf.py_function` and `tf.numpy_function`: what the declared dtypes say; the shape is lost."""
    arguments = inputs.items if isinstance(inputs, Sequence) and inputs.items is not None else ()
    arrays = "numpy_function" in call.name
    given = tuple(_concrete(argument, arrays) for argument in arguments)
    # Eager code dispatches nothing, but converts what the callback gives in another way than the graph's op does.
    call.ops = max(call.ops or 0, 1)
    if func is not None:
        call.host.invoke(func, Arguments(given, star=not given and not is_none(inputs)), hosted=True)
    if types is None:
        return Unknown("no output types were given")
    return map_leaves(types, _of_type)


def _of_type(leaf: Value) -> Value:
    """What a callback gives that is declared to be of this dtype; what is unknown may be a list of dtypes."""
    if isinstance(leaf, Unknown):
        return structure_of(Tensor(), leaf.reason)
    return Tensor(convert.as_dtype(leaf), None) if leaf != NONE else NONE


def _concrete(value: Value, arrays: bool) -> Value:
    """What the callback gets: a concrete tensor, or a NumPy array."""
    seen = operand(value)
    if arrays:
        return Array(seen.dtype, seen.shape)
    return Tensor(seen.dtype, seen.shape, "dense", eager=True)


@result_rule
def custom_gradient(call: Call, function: Value | None) -> Value:
    """`tf.custom_gradient(f)`: calling it gives what `f` returns first."""
    return External(call.name) if function is None or is_none(function) else function
