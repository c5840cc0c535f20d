"""Operators on abstract values: the library's through `models`, Python's own here."""

from __future__ import annotations

import operator as python_operator
from typing import Any

import msgspec

from graphlift import models
from graphlift.interp.frame import Frame
from graphlift.interp.mismatches import each
from graphlift.interp.static_shapes import with_dynamic_sizes
from graphlift.interp.uses import note_entry, note_tensor
from graphlift.syntax import nodes
from graphlift.values import (
    FALSE,
    NEVER,
    NONE,
    TRUE,
    Array,
    Const,
    DType,
    External,
    Function,
    Instance,
    KerasTensor,
    Mapping,
    Method,
    Never,
    Object,
    Py,
    Sequence,
    SetOf,
    ShapeValue,
    Tensor,
    TensorArray,
    Unknown,
    Value,
    Variable,
    const,
    const_value,
    display,
    join,
    join_all,
    options,
    present,
)

SPECIAL = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "&": "and",
    "|": "or",
    "^": "xor",
    "<<": "lshift",
    ">>": "rshift",
}
_FOLD: dict[str, Any] = {
    "+": python_operator.add,
    "-": python_operator.sub,
    "*": python_operator.mul,
    "/": python_operator.truediv,
    "//": python_operator.floordiv,
    "%": python_operator.mod,
    "**": python_operator.pow,
    "<": python_operator.lt,
    "<=": python_operator.le,
    ">": python_operator.gt,
    ">=": python_operator.ge,
    "==": python_operator.eq,
    "!=": python_operator.ne,
    "&": python_operator.and_,
    "|": python_operator.or_,
    "^": python_operator.xor,
    "<<": python_operator.lshift,
    ">>": python_operator.rshift,
}
_NUMBERS = ("bool", "int", "float", "complex")
_LIBRARY = (Tensor, Variable, KerasTensor, Array, TensorArray, ShapeValue, DType)


def binary(frame: Frame, op: str, left: Value, right: Value, node: nodes.NodeNG) -> Value:
    """`left op right`."""
    pairs = [(one, other) for one in present(left) for other in present(right)]
    return each(frame, pairs, lambda pair: _binary(frame, op, *pair, node))


def _binary(frame: Frame, op: str, left: Value, right: Value, node: nodes.NodeNG) -> Value:
    if isinstance(left, Never) or isinstance(right, Never):
        return NEVER
    if op == "%" and isinstance(left, Const | Py) and left.type in ("str", "bytes"):
        _formats(frame, right)
        return _python(frame, op, left, right)
    if isinstance(left, Instance):
        return _overloaded(frame, op, left, right, node)
    if isinstance(left, _LIBRARY) or isinstance(right, _LIBRARY):
        return _library(frame, op, left, right, node)
    if isinstance(right, Instance):
        return _overloaded(frame, op, left, right, node)
    return _python(frame, op, left, right)


def _library(frame: Frame, op: str, left: Value, right: Value, node: nodes.NodeNG) -> Value:
    """An operator with a library value on one side; the other side shows by that what it is."""
    tensor = isinstance(left, Tensor | Variable) or isinstance(right, Tensor | Variable)
    for side in (left, right):
        if tensor:
            note_tensor(frame, side, node, certain=False)
    result = models.operator(op, left, right, _host(frame))
    if result is None:
        return Unknown(f"`{display(left)} {op} {display(right)}` is not modelled")
    value = with_dynamic_sizes(frame, frame.result(node, result), (left, right), False)
    if isinstance(value, Tensor) and _is_number(left) and _is_number(right):
        return msgspec.structs.replace(value, python=True)
    return value


def _is_number(value: Value) -> bool:
    """Whether eager code has a Python number there."""
    return isinstance(value, Const | Py) or (isinstance(value, Tensor) and value.python)


def _host(frame: Frame) -> Any:
    from graphlift.interp.calls import FrameHost

    return FrameHost(frame)


def _overloaded(frame: Frame, op: str, left: Value, right: Value, node: nodes.NodeNG) -> Value:
    from graphlift.interp.instances import call_special

    name = SPECIAL.get(op)
    for receiver, other, special in ((left, right, f"__{name}__"), (right, left, f"__r{name}__")):
        if isinstance(receiver, Instance):
            found = call_special(frame, receiver, special, (other,), node)
            if found is not None:
                return found
    return Unknown(f"what `{op}` does on a user-defined object is not visible")


def _python(frame: Frame, op: str, left: Value, right: Value) -> Value:
    if isinstance(left, Const) and isinstance(right, Const):
        folded = _fold(op, left, right)
        if folded is not None:
            return folded
    kinds = [v.type for v in (left, right) if isinstance(v, Const | Py)]
    if len(kinds) == 2:
        return _numbers(op, *kinds)
    if op == "%" and isinstance(left, Const | Py) and left.type in ("str", "bytes"):
        return Py(left.type)
    if isinstance(left, Sequence) or isinstance(right, Sequence):
        return _sequences(op, left, right)
    if isinstance(left, Mapping) and isinstance(right, Mapping) and op == "|":
        return Mapping(left.type, None, join_all((left.key, right.key)), join_all((left.value, right.value)))
    if isinstance(left, SetOf) and isinstance(right, SetOf):
        return SetOf(left.type, join_all((left.element, right.element)))
    for side in (left, right):
        if isinstance(side, Unknown):
            return Unknown(side.reason)
    return Unknown(f"`{display(left)} {op} {display(right)}` is not modelled")


def _formats(frame: Frame, value: Value) -> None:
    parts = value.items if isinstance(value, Sequence) and value.items is not None else (value,)
    symbolic = any(isinstance(o, Tensor) and not o.eager for part in parts for o in options(part))
    if symbolic and frame.node is not None:
        frame.effect("formats-tensor", frame.node, "the % operator")
    if frame.node is not None:
        from graphlift.interp.instances import call_text

        for part in parts:
            call_text(frame, part, frame.node)


def _fold(op: str, left: Const, right: Const) -> Value | None:
    function = _FOLD.get(op)
    if function is None or "None" in (left.type, right.type):
        return None
    a, b = const_value(left), const_value(right)
    if op in ("**", "<<", "*") and not (_small(a) and _small(b)):
        return None
    try:
        result = function(a, b)
    except (TypeError, ValueError, ArithmeticError):
        return None  # Python raises here too; what does not come back is of no interest.
    if isinstance(result, bool | int | float | str | bytes):
        return const(result)
    return None


def _small(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < 4096


def _numbers(op: str, left: str, right: str) -> Value:
    if op in ("<", "<=", ">", ">=", "==", "!="):
        return Py("bool")
    if left in ("str", "bytes"):
        return Py(left)
    if right in ("str", "bytes") and op == "*":
        return Py(right)
    if left in _NUMBERS and right in _NUMBERS:
        if op == "/":
            return Py("complex" if "complex" in (left, right) else "float")
        if op == "**" and left in ("bool", "int") and right == "int":
            return join(Py("int"), Py("float"))  # A negative exponent gives a float.
        if op in ("&", "|", "^") and left == right == "bool":
            return Py("bool")
        return Py(max((left, right, "int"), key=_NUMBERS.index))
    return Unknown(f"`{left} {op} {right}` is not modelled")


def _sequences(op: str, left: Value, right: Value) -> Value:
    if op == "+" and isinstance(left, Sequence) and isinstance(right, Sequence):
        items = None
        if left.items is not None and right.items is not None:
            items = left.items + right.items
        return Sequence(left.type, items, join_all((left.element, right.element)), left.site)
    sequence, count = (left, right) if isinstance(left, Sequence) else (right, left)
    if op == "*" and isinstance(sequence, Sequence):
        if sequence.items is not None and isinstance(count, Const) and count.type == "int":
            times = int(const_value(count) or 0)
            if len(sequence.items) * max(times, 0) <= 64:
                return Sequence(
                    sequence.type, sequence.items * times, sequence.element, sequence.site, sequence.fields
                )
        return Sequence(sequence.type, None, sequence.element, sequence.site)
    if op == "+" and isinstance(left, Sequence):
        return Sequence(left.type, None, Unknown("a container of unknown contents is added"), left.site)
    return Unknown(f"`{op}` on a container is not modelled")


def unary(frame: Frame, op: str, operand: Value, node: nodes.NodeNG) -> Value:
    """`op operand`."""
    alternatives = options(operand) if op == "not" else present(operand)
    return join_all(_unary(frame, op, option, node) for option in alternatives)


def _unary(frame: Frame, op: str, operand: Value, node: nodes.NodeNG) -> Value:
    if op == "not":
        if isinstance(operand, Tensor | Variable | KerasTensor) and not frame.plain:
            if frame.unconverted and not (isinstance(operand, Tensor) and operand.eager):
                frame.effect("tensor-as-bool", node, "not")
                frame.effect("unconverted", node, "not")
            if not (isinstance(operand, Tensor) and operand.eager):
                frame.effect("tensor-control", node, "not")
            frame.work(1)
            return Tensor("bool", ())
        decided = truth(frame, operand, node, quiet=True)
        return Py("bool") if decided is None else const(not decided)
    if isinstance(operand, _LIBRARY):
        return _library(frame, {"-": "neg", "+": "pos", "~": "invert"}[op], operand, operand, node)
    if isinstance(operand, Const) and operand.type in ("int", "float", "bool"):
        number = const_value(operand)
        assert isinstance(number, int | float)
        if op == "-":
            return const(-number)
        if op == "+":
            return const(+number)
        if isinstance(number, int):
            return const(~int(number))
    if isinstance(operand, Py):
        return Py("int" if operand.type == "bool" else operand.type)
    if isinstance(operand, Instance):
        from graphlift.interp.instances import call_special

        special = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}[op]
        found = call_special(frame, operand, special, (), node)
        return found if found is not None else Unknown(f"`{op}` on a user-defined object is not visible")
    return operand if isinstance(operand, Unknown | Never) else Unknown(f"`{op}` is not modelled here")


def compare(frame: Frame, op: str, left: Value, right: Value, node: nodes.NodeNG) -> Value:
    """`left op right` for one comparison operator."""
    pairs = [(one, other) for one in options(left) for other in options(right)]
    return each(frame, pairs, lambda pair: _compare(frame, op, *pair, node))


def _compare(frame: Frame, op: str, left: Value, right: Value, node: nodes.NodeNG) -> Value:
    if op in ("is", "is not"):
        return _identity(frame, op, left, right, node)
    if op in ("in", "not in"):
        return _membership(frame, op, left, right, node)
    if isinstance(left, Never) or isinstance(right, Never):
        return NEVER
    if isinstance(left, _LIBRARY) or isinstance(right, _LIBRARY):
        if NONE in (left, right) and not any(isinstance(s, Array) and not s.scalar for s in (left, right)):
            return const(op == "!=")
        if isinstance(left, Const) and left.type == "str" and isinstance(right, DType):
            left, right = right, left
        return _library(frame, op, left, right, node)
    if isinstance(left, Const) and isinstance(right, Const):
        folded = _fold(op, left, right)
        if folded is not None:
            return folded
        if "None" in (left.type, right.type) and op in ("==", "!="):
            return const((left == right) == (op == "=="))
    if isinstance(left, Instance) or isinstance(right, Instance):
        from graphlift.interp.instances import call_special

        special = {
            "==": "__eq__",
            "!=": "__ne__",
            "<": "__lt__",
            "<=": "__le__",
            ">": "__gt__",
            ">=": "__ge__",
        }
        if isinstance(left, Instance):
            found = call_special(frame, left, special[op], (right,), node)
            if found is not None:
                return found
    if isinstance(left, Sequence | Mapping | Instance):
        from graphlift.interp.ordering import note_equality

        note_equality(frame, left, right, node)
    for side in (left, right):
        if isinstance(side, Unknown | Method):  # A comparison of arrays or tensors gives another of them.
            return Unknown(side.reason if isinstance(side, Unknown) else "what is compared is not known")
    return Py("bool")


def _identity(frame: Frame, op: str, left: Value, right: Value, node: nodes.NodeNG) -> Value:
    positive = op == "is"
    if NONE in (left, right):
        other = right if left == NONE else left
        if other == NONE:
            return TRUE if positive else FALSE
        if isinstance(other, Unknown):
            return Py("bool")
        return FALSE if positive else TRUE
    if isinstance(left, Tensor | Variable) and isinstance(right, Tensor | Variable):
        if isinstance(left, Tensor) and isinstance(right, Tensor):
            frame.effect("tensor-identity", node, op)
        return Py("bool")
    if isinstance(left, Const) and isinstance(right, Const) and "bool" in (left.type, right.type):
        return const((left == right) == positive)
    if isinstance(left, External) and isinstance(right, External):
        return const((left == right) == positive)
    return Py("bool")


def _membership(frame: Frame, op: str, left: Value, right: Value, node: nodes.NodeNG) -> Value:
    from graphlift.interp.ordering import looks_up_tensors

    if looks_up_tensors(frame, left, right):
        frame.effect("tensor-membership", node, "in")
    held = _elements(right)
    if held is not None and isinstance(left, Const):
        wanted = const_value(left)
        if wanted == wanted:  # A NaN is found where it is the same object.
            return const((wanted in held) == (op == "in"))
    if isinstance(right, Instance):
        from graphlift.interp.instances import call_special

        call_special(frame, right, "__contains__", (left,), node)
    return Py("bool")


def _elements(value: Value) -> list[object] | None:
    """The constants that a container holds, or the keys of a dict; `None` where they are not all known."""
    if not isinstance(value, Sequence | Mapping) or value.items is None:
        return None
    items = [key for key, _ in value.items] if isinstance(value, Mapping) else list(value.items)
    constants = [item for item in items if isinstance(item, Const)]
    return [const_value(item) for item in constants] if len(constants) == len(items) else None


def decided_truth(value: Value) -> bool | None:
    """The truth value of a Python value where it is certain."""
    match value:
        case Const():
            return bool(const_value(value))
        case Sequence() if value.items is not None and not value.fields:
            return bool(value.items) if not value.site or value.items else None
        case Function() | External():
            return True
        case _:
            return None


def truth(frame: Frame, value: Value, node: nodes.NodeNG, *, quiet: bool = False) -> bool | None:
    """The truth of a condition where it is certain; a tensor that Python has to judge is a hazard."""
    answers = {decided_truth(option) for option in options(value)}
    for option in options(value):
        symbolic = isinstance(option, Variable | KerasTensor) or (
            isinstance(option, Tensor) and not option.eager
        )
        if symbolic and frame.unconverted and not quiet:
            frame.effect("tensor-as-bool", node, "a condition")
            frame.effect("unconverted", node, "a condition")
        if isinstance(option, Instance):
            from graphlift.interp.instances import call_special

            if call_special(frame, option, "__bool__", (), node) is None:
                call_special(frame, option, "__len__", (), node)
    return answers.pop() if len(answers) == 1 else None


def subscript(frame: Frame, receiver: Value, index: Value, node: nodes.NodeNG) -> Value:
    """`receiver[index]`."""
    return join_all(
        _subscript(frame, one, other, node) for one in present(receiver) for other in options(index)
    )


def _subscript(frame: Frame, receiver: Value, index: Value, node: nodes.NodeNG) -> Value:
    match receiver:
        case Sequence():
            return _item(frame, receiver, index, node)
        case Mapping():
            return _entry(frame, receiver, index, node)
        case Const() | Py() if receiver.type in ("str", "bytes"):
            return Py(receiver.type)
        case Instance():
            from graphlift.interp.instances import call_special

            found = call_special(frame, receiver, "__getitem__", (index,), node)
            return found if found is not None else Unknown("`[…]` on a user-defined object is not visible")
        case Never():
            return NEVER
        case Unknown():
            note_entry(frame, receiver, index, node)
            # Only arrays take several indices, and a slice is of the kind that it is taken from.
            whole = isinstance(index, Sequence) or (isinstance(index, Py) and index.type == "slice")
            return receiver if whole else receiver.element()
        case External():
            return receiver  # `tuple[int, str]`, `Generic[T]`: types, of no consequence here.
        case _:
            result = models.operator("[]", receiver, index, _host(frame))
            if result is None:
                return Unknown(f"`{display(receiver)}[…]` is not modelled")
            return with_dynamic_sizes(frame, frame.result(node, result), (receiver, *_bounds(index)), True)


def _bounds(index: Value) -> tuple[Value, ...]:
    """What an index of a tensor is made of: the parts of its slices, too."""
    parts = index.items if isinstance(index, Sequence) and index.items is not None else (index,)
    found: list[Value] = []
    for part in parts:
        inside = (
            [v for _, v in part.config]
            if isinstance(part, Object) and part.cls == "builtins.slice"
            else [part]
        )
        found += inside
    return tuple(found)


def _item(frame: Frame, receiver: Sequence, index: Value, node: nodes.NodeNG) -> Value:
    if isinstance(index, Tensor | Variable):
        if not (isinstance(index, Tensor) and index.eager):
            frame.effect("tensor-key", node, f"an index of a {receiver.type}")
        return receiver.element
    if isinstance(index, Object) and index.cls == "builtins.slice":
        return _sliced(frame, receiver, index, node)
    if receiver.items is not None and isinstance(index, Const) and index.type in ("int", "bool"):
        position = int(const_value(index) or 0)
        if -len(receiver.items) <= position < len(receiver.items):
            return receiver.items[position]
        return NEVER
    return receiver.element


def _sliced(frame: Frame, receiver: Sequence, index: Object, node: nodes.NodeNG) -> Value:
    parts = dict(index.config)
    numbers = [parts.get(name) for name in ("start", "stop", "step")]
    if any(isinstance(n, Tensor) for n in numbers):
        frame.effect("tensor-key", node, f"a slice of a {receiver.type}")
    site = frame.site(node) if receiver.type == "list" else ""
    if receiver.items is not None and all(n is None or isinstance(n, Const) for n in numbers):
        bounds = [const_value(n) if isinstance(n, Const) else None for n in numbers]
        if all(b is None or isinstance(b, int) for b in bounds) and bounds[2] != 0:
            start, stop, step = (b if isinstance(b, int) else None for b in bounds)
            items = receiver.items[start:stop:step]
            return Sequence(receiver.type, items, join_all(items), site)
    return Sequence(receiver.type, None, receiver.element, site)


def _entry(frame: Frame, receiver: Mapping, index: Value, node: nodes.NodeNG) -> Value:
    if isinstance(index, Tensor):
        frame.effect("tensor-key", node, f"a key of a {receiver.type}")
    if receiver.items is not None and isinstance(index, Const):
        for key, value in receiver.items:
            if key == index:
                return value
    makes_tensors = any(isinstance(option, Tensor) for option in options(receiver.value))
    if receiver.type == "defaultdict" and makes_tensors and not frame.is_fresh(receiver):
        frame.effect("leaks-tensor", node, node.as_string(), target="heap", certain=False)
    return receiver.value
