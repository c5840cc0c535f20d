"""Join and widening on abstract values.

`join` is commutative, associative up to widening, and idempotent. Its result describes everything that its
arguments describe. Growth is bounded: alternatives beyond `MAX_OPTIONS`, constants beyond `MAX_CONSTANTS`
per type and nesting beyond `MAX_DEPTH` are widened.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from graphlift.values.domain import (
    NEVER,
    Array,
    Bound,
    Const,
    Dataset,
    DType,
    Function,
    GraphFunction,
    Instance,
    Iterator,
    KerasTensor,
    Mapping,
    Never,
    Object,
    OneOf,
    Partial,
    Py,
    Sequence,
    SetOf,
    Shape,
    ShapeValue,
    Spec,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    Variable,
    options,
)

MAX_OPTIONS = 8
MAX_HELD = 8
HELD = "(held)"
"""The entry of an object's `config` for code of the program that no argument kept there holds."""
MAX_CONSTANTS = 4
MAX_SITES = 4
"""The most places that one container is said to be from."""
MAX_DEPTH = 6
MAX_ITEMS = 64
TOO_MANY_HELD = Unknown("it holds more code of the program than is told apart")


def join(left: Value, right: Value) -> Value:
    """The least value of the domain that describes both."""
    if left == right:
        return left
    if isinstance(left, Never):
        return right
    if isinstance(right, Never):
        return left
    return join_all((left, right))


def join_all(values: Iterable[Value]) -> Value:
    """The join of any number of values; `Never` for none."""
    values = tuple(values)
    if len(values) == 1:
        return values[0]
    merged: list[Value] = []
    for value in values:
        if merged and value == merged[0] and not isinstance(value, OneOf):
            continue
        for option in options(value):
            _add(merged, option)
        if len(merged) > 4 * MAX_OPTIONS:
            merged = _bound_constants(merged)
            if len(merged) > 4 * MAX_OPTIONS:
                return Unknown(f"more than {MAX_OPTIONS} different values meet here")
    if not merged:
        return NEVER
    if len(merged) == 1:
        return merged[0]
    unknown = [v for v in merged if isinstance(v, Unknown)]
    if unknown:
        return _join_unknown(unknown, merged)
    if len(merged) > 1 and any(isinstance(v, Const) for v in merged):
        merged = _bound_constants(merged)
    if len(merged) == 1:
        return merged[0]
    if len(merged) > MAX_OPTIONS:
        return Unknown(f"more than {MAX_OPTIONS} different values meet here")
    return OneOf(tuple(sorted(merged, key=_order)))


def _join_unknown(unknown: list[Unknown], merged: list[Value]) -> Unknown:
    reason = min(unknown, key=lambda v: v.reason).reason
    within = {definition for value in unknown for definition in value.within}
    if len(within) > MAX_OPTIONS:
        within = {"?"}
    from graphlift.values.leaves import common_leaves

    return Unknown(reason, tuple(sorted(within)), common_leaves(merged))


@lru_cache(maxsize=1 << 15)
def _order(value: Value) -> tuple[str, str]:
    return (type(value).__name__, repr(value))


def _add(merged: list[Value], value: Value) -> None:
    for position, present in enumerate(merged):
        both = _merge(present, value)
        if both is not None:
            merged[position] = both
            return
    merged.append(value)


def is_loose(shape: Shape) -> bool:
    """Whether some size of a shape is not known."""
    return shape is None or not all(isinstance(size, int) for size in shape)


def _merge(a: Value, b: Value) -> Value | None:
    """The two values as one alternative, or `None` when they stay apart."""
    if a == b:
        return a
    if type(a) is not type(b):
        return _merge_mixed(a, b) or _merge_mixed(b, a)
    match a, b:
        case Tensor(), Tensor() if a.form == b.form:
            dtype, shape = _same(a.dtype, b.dtype), join_shape(a.shape, b.shape)
            loose = (a.dynamic or b.dynamic) and is_loose(shape)
            return Tensor(dtype, shape, a.form, a.eager and b.eager, a.python or b.python, loose)
        case Variable(), Variable():
            return Variable(_same(a.dtype, b.dtype), join_shape(a.shape, b.shape), a.keras and b.keras)
        case KerasTensor(), KerasTensor():
            held = tuple(sorted({*a.held, *b.held}, key=_order))
            held = (TOO_MANY_HELD,) if len(held) > MAX_HELD else held
            return KerasTensor(_same(a.dtype, b.dtype), join_shape(a.shape, b.shape), held)
        case Array(), Array() if a.scalar == b.scalar:
            site = _merge_sites(a.site, b.site) if a.site and b.site else ""
            number = a.number if a.number == b.number else ""
            return Array(_same(a.dtype, b.dtype), join_shape(a.shape, b.shape), a.scalar, site, number)
        case TensorArray(), TensorArray():
            site = a.site if a.site == b.site else ""
            stale = min(a.stale, b.stale) if a.stale and b.stale else a.stale or b.stale
            return TensorArray(_same(a.dtype, b.dtype), join_shape(a.shape, b.shape), site, stale)
        case Spec(), Spec() if a.form == b.form:
            return Spec(_same(a.dtype, b.dtype), join_shape(a.shape, b.shape), a.form)
        case DType(), DType():
            return DType(None)
        case ShapeValue(), ShapeValue():
            return ShapeValue(join_shape(a.shape, b.shape))
        case Dataset(), Dataset():
            return Dataset(join(a.element, b.element), a.distributed or b.distributed)
        case Iterator(), Iterator() if a.source == b.source:
            return Iterator(join(a.element, b.element), a.source)
        case _:
            return _merge_containers(a, b)


def _merge_mixed(a: Value, b: Value) -> Value | None:
    if isinstance(a, Const) and isinstance(b, Py) and a.type == b.type:
        return b
    return None


def _merge_containers(a: Value, b: Value) -> Value | None:
    match a, b:
        case Sequence(), Sequence() if a.type == b.type and a.fields == b.fields:
            site = _merge_sites(a.site, b.site)
            if a.items is not None and b.items is not None and len(a.items) == len(b.items):
                items = tuple(join(x, y) for x, y in zip(a.items, b.items, strict=True))
                return Sequence(a.type, items, join_all(items), site, a.fields)
            if a.type == "tuple" and a.items is not None and b.items is not None:
                return None
            return Sequence(a.type, None, join(a.element, b.element), site, a.fields)
        case Mapping(), Mapping() if a.type == b.type:
            return _merge_mappings(a, b)
        case SetOf(), SetOf() if a.type == b.type:
            return SetOf(a.type, join(a.element, b.element), _merge_sites(a.site, b.site))
        case Object(), Object() if a.cls == b.cls:
            made = a.made if a.made == b.made else "*" if a.made and b.made else ""
            return Object(a.cls, _merge_configs(dict(a.config), dict(b.config)), made)
        case Instance(), Instance() if a.definition == b.definition:
            return Instance(a.definition, a.exact and b.exact, a.site if a.site == b.site else "")
        case Function(), Function() if a.definition == b.definition:
            return Function(a.definition, _merge_closures(a.closure, b.closure))
        case Bound(), Bound() if a.function == b.function:
            receiver = _merge(a.receiver, b.receiver)
            return None if receiver is None else Bound(receiver, a.function)
        case _:
            return None


def _merge_sites(a: str, b: str) -> str:
    """The allocation site of one container or the other. What somebody else may hold stays somebody else's.

    Sites that begin with a letter are allocations of a run; the others (`&place`, `@parameter`) are collected.
    """
    if a == b or not b:
        return a
    if not a:
        return b
    parts = {part for part in (*a.split("|"), *b.split("|")) if part[0] in "&@"}
    return "|".join(sorted(parts)[:MAX_SITES]) if parts else min(a, b)


def _merge_configs(a: dict[str, Value], b: dict[str, Value]) -> tuple[tuple[str, Value], ...]:
    """Settings that differ stay settings: a missing one would stand for the default."""
    absent = Unknown("a setting that is given on one path alone")
    merged = {name: join(a.get(name, absent), b.get(name, absent)) for name in {*a, *b} - {HELD}}
    if HELD in a or HELD in b:  # What it holds on one path counts on both.
        merged[HELD] = join_all((a.get(HELD, NEVER), b.get(HELD, NEVER)))
    return tuple(sorted(merged.items(), key=lambda item: item[0]))


def _merge_mappings(a: Mapping, b: Mapping) -> Mapping:
    site = _merge_sites(a.site, b.site)
    if a.items is not None and b.items is not None and [k for k, _ in a.items] == [k for k, _ in b.items]:
        items = tuple((k, join(v, w)) for (k, v), (_, w) in zip(a.items, b.items, strict=True))
        return Mapping(a.type, items, a.key, join_all(v for _, v in items), site)
    return Mapping(a.type, None, join(a.key, b.key), join(a.value, b.value), site)


def _merge_closures(
    a: tuple[tuple[str, Value], ...], b: tuple[tuple[str, Value], ...]
) -> tuple[tuple[str, Value], ...]:
    merged = dict(a)
    for name, value in b:
        merged[name] = join(merged[name], value) if name in merged else value
    return tuple(sorted(merged.items(), key=lambda item: item[0]))


def _bound_constants(values: list[Value]) -> list[Value]:
    """Too many constants of one type become just that type."""
    counts: dict[str, int] = {}
    for value in values:
        if isinstance(value, Const) and value.type not in ("None", "bool"):
            counts[value.type] = counts.get(value.type, 0) + 1
    wide = {name for name, count in counts.items() if count > MAX_CONSTANTS}
    if not wide and not _both_bools(values):
        return values
    result: list[Value] = []
    for value in values:
        widened = (
            Py(value.type)
            if isinstance(value, Const)
            and (value.type in wide or (value.type == "bool" and _both_bools(values)))
            else value
        )
        _add(result, widened)
    return result


def _both_bools(values: list[Value]) -> bool:
    return sum(1 for v in values if isinstance(v, Const) and v.type == "bool") == 2


def _same(a: str | None, b: str | None) -> str | None:
    return a if a == b else None


def join_shape(a: Shape, b: Shape) -> Shape:
    """The least shape that describes both."""
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple(x if x == y else None for x, y in zip(a, b, strict=True))


@lru_cache(maxsize=1 << 16)
def widen(value: Value, depth: int = 0) -> Value:
    """A value from a set of finite height that describes `value`: constants, sizes and lengths are forgotten."""
    if depth > MAX_DEPTH:
        return Unknown("the value is nested too deeply")
    match value:
        case Const() if value.type not in ("None", "bool"):
            return Py(value.type)
        case OneOf():
            return join_all(widen(option, depth) for option in value.options)
        case Sequence():
            items = None
            if value.items is not None and value.type != "list" and len(value.items) <= MAX_ITEMS:
                items = tuple(widen(item, depth + 1) for item in value.items)
            element = widen(value.element, depth + 1)
            return Sequence(value.type, items, element, value.site, value.fields)
        case Mapping():
            entries = None
            if value.items is not None and len(value.items) <= MAX_ITEMS:
                entries = tuple((k, widen(v, depth + 1)) for k, v in value.items)
            return Mapping(
                value.type,
                entries,
                widen(value.key, depth + 1),
                widen(value.value, depth + 1),
                value.site,
            )
        case SetOf():
            return SetOf(value.type, widen(value.element, depth + 1), value.site)
        case Dataset():
            return Dataset(widen(value.element, depth + 1), value.distributed)
        case Iterator():
            return Iterator(widen(value.element, depth + 1), value.source)
        case _:
            return _widen_callable(value, depth)


def _widen_callable(value: Value, depth: int) -> Value:
    match value:
        case Function():
            closure = tuple((name, widen(captured, depth + 1)) for name, captured in value.closure)
            return Function(value.definition, closure)
        case Bound():
            return Bound(widen(value.receiver, depth + 1), widen(value.function, depth + 1))
        case GraphFunction():
            return GraphFunction(widen(value.function, depth + 1), value.options)
        case Partial():
            return Partial(
                widen(value.function, depth + 1),
                tuple(widen(arg, depth + 1) for arg in value.args),
                tuple((name, widen(arg, depth + 1)) for name, arg in value.keywords),
            )
        case Object():
            return Object(value.cls, tuple((k, widen(v, depth + 1)) for k, v in value.config), value.made)
        case _:
            return value


def widen_loop(before: Value, after: Value) -> Value:
    """The loop-head value after another iteration: like `join`, but shapes and constants that change are forgotten."""
    joined = join(before, after)
    return joined if joined == before else widen(joined)
