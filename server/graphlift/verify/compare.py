"""Finds the first difference between an eager run and a graph run of the same program.

Numbers may differ by rounding; types, shapes, dtypes and structure may not. Text is compared word by word,
its numbers as numbers; addresses of objects (`0x7f…`) count for nothing.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator, Sequence

from graphlift.verify.record import CallEvent, EndEvent, Exc, Run, Said, Tree
from graphlift.verify.report import Difference, What

RELATIVE = {"float16": 1e-2, "bfloat16": 3e-2, "float64": 1e-6, "complex128": 1e-6}
"""Tolerances relative to the larger of two numbers, by dtype; `1e-4` for all others."""

ABSOLUTE = 1e-6
"""Tolerance near zero, and also relative to the largest number of an array."""

_Found = tuple[What, str, str, str]


def first_difference(eager: Run, graph: Run) -> Difference | None:
    """The first thing in which the runs differ, in the order in which things happened; `None` if none does.

    A run that was stopped is compared as far as it came.
    """
    phases = ["program", "repeat", "weights", "captured"]
    for phase in phases:
        left = [call for call in eager.calls if call.phase == phase]
        right = [call for call in graph.calls if call.phase == phase]
        for one, other in zip(left, right, strict=False):
            found = _call(one, other)
            if found is not None:
                return Difference(*found, call=one.index + 1, phase=phase)
        if phase == "program":
            at_end = _ends(eager, graph)
            if at_end is not None:
                return Difference(*at_end)
        if len(left) != len(right) and not (eager.stopped or graph.stopped):
            shown = f"{len(left)} calls", f"{len(right)} calls"
            return Difference(What.CALLS, "the number of calls", *shown, phase=phase)
    return None


def program_difference(one: Run, other: Run) -> Difference | None:
    """The first difference in what a program does as a whole, the calls of a target apart."""
    if one.end is None or other.end is None:
        return None
    left, right = _all_said(one), _all_said(other)
    found = _exceptions(one.end.error, other.end.error) or _said(left, right) or _files(one.end, other.end)
    found = found or _first(_states(one.end.state, other.end.state))
    return None if found is None else Difference(*found)


def _call(one: CallEvent, other: CallEvent) -> _Found | None:
    return (
        _said(one.before, other.before)
        or _exceptions(one.error, other.error)
        or _first(_results(one.result, other.result))
        or _said(one.output, other.output)
        or _first(_named(one.arguments, other.arguments, What.ARGUMENT))
        or _first(_states(one.state, other.state))
    )


def _ends(eager: Run, graph: Run) -> _Found | None:
    one, other = eager.end, graph.end
    if one is None or other is None:
        return None
    return (
        _exceptions(one.error, other.error)
        or _said(one.output, other.output)
        or _files(one, other)
        or _first(_states(one.state, other.state))
    )


def _first(found: Iterator[_Found]) -> _Found | None:
    return next(found, None)


# --- exceptions ---


def _exceptions(one: Exc | None, other: Exc | None) -> _Found | None:
    if one is None and other is None:
        return None
    left, right = _shown_exception(one), _shown_exception(other)
    if one is None or other is None or one.type != other.type:
        return What.EXCEPTION, "the exception", left, right
    if "OpError" in one.bases or core_message(one) == core_message(other):
        return None  # An op's error names the op and the place, which have other names in a graph.
    return What.EXCEPTION, "the exception's message", left, right


def core_message(error: Exc) -> str:
    """The message without what AutoGraph puts around it, and without addresses."""
    message = error.message
    if message.lstrip().startswith("in user code:"):
        message = _without_frames(message)
        message = message.removeprefix(f"{error.type.rpartition('.')[2]}: ")
    return _ADDRESS.sub("0x…", " ".join(message.split()))


def _without_frames(message: str) -> str:
    """AutoGraph's account of an exception, without the lines that tell the way to where it was raised."""
    kept = []
    for line in message.strip().splitlines()[1:]:
        text = line.removeprefix("    ")
        if text.startswith(('File "', "    ")):
            continue
        kept.append(text)
    return "\n".join(kept).strip()


def _shown_exception(error: Exc | None) -> str:
    if error is None:
        return "none"
    return f"{error.type.rpartition('.')[2]}: {_short(core_message(error), 200)}"


# --- text and files ---


def _said(one: Said, other: Said) -> _Found | None:
    # The log comes first: it goes to standard error as well, and says more.
    for what, name, left, right in (
        (What.LOG, "the log", "\n".join(one.logs), "\n".join(other.logs)),
        (What.OUTPUT, "the printed text", one.stdout, other.stdout),
        (What.OUTPUT, "the text on standard error", one.stderr, other.stderr),
    ):
        if not same_text(left, right):
            return what, name, *_excerpts(left, right)
    return None


_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_ADDRESS = re.compile(r"0x[0-9a-f]+")


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same, up to the rounding of numbers and the addresses of objects."""
    if one == other:
        return True
    one, other = _ADDRESS.sub("0x", one), _ADDRESS.sub("0x", other)
    if _NUMBER.sub("#", one) != _NUMBER.sub("#", other):
        return False
    pairs = zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True)
    return all(left == right or _close_printed(left, right) for left, right in pairs)


def _close_printed(one: str, other: str) -> bool:
    if not ({".", "e", "E"} & set(one + other)):
        return False
    # Rounding for display can turn a small difference into one of the last digit shown.
    digits = min(
        (len(text.partition(".")[2].split("e")[0]) for text in (one, other) if "." in text), default=0
    )
    left, right = float(one), float(other)
    scale = max(abs(left), abs(right))
    last = 0.0 if "e" in (one + other).lower() else 1.01 * 10.0**-digits
    return abs(left - right) <= max(1e-3 * scale, last)


def _files(one: EndEvent, other: EndEvent) -> _Found | None:
    left = {_stable_name(path): (kind, content) for path, kind, content in one.files}
    right = {_stable_name(path): (kind, content) for path, kind, content in other.files}
    for path in sorted(left.keys() | right.keys()):
        if path not in left or path not in right:
            is_there = "there" if path in left else "absent"
            return What.FILE, f"the file {path}", is_there, "absent" if path in left else "there"
        (kind, content), (other_kind, other_content) = left[path], right[path]
        if kind == other_kind == "text" and not same_text(str(content), str(other_content)):
            return What.FILE, f"the file {path}", *_excerpts(str(content), str(other_content))
        if kind != other_kind:
            return What.FILE, f"the file {path}", kind, other_kind
    return None


def _stable_name(path: str) -> str:
    """A file's name without times and process ids, as TensorFlow's event files have them."""
    return re.sub(r"\d{5,}(\.\d+)*", "N", path)


def _all_said(run: Run) -> Said:
    assert run.end is not None
    parts = [said for call in run.own_calls for said in (call.before, call.output)] + [run.end.output]
    return Said(
        "".join(part.stdout for part in parts),
        "".join(part.stderr for part in parts),
        [line for part in parts for line in part.logs],
    )


# --- values ---


def _results(one: Tree | None, other: Tree | None) -> Iterator[_Found]:
    if one is not None and other is not None:
        yield from _values(one, other, "result", What.RESULT)


def _named(one: Tree | None, other: Tree | None, what: What) -> Iterator[_Found]:
    if one is not None and other is not None:
        yield from _fields(one[2], other[2], "", what)


def _states(one: Tree | None, other: Tree | None) -> Iterator[_Found]:
    """Differences in what the modules hold; the main module's names stand for themselves."""
    if one is None or other is None:
        return
    for (name, left), (_, right) in zip(one[2], other[2], strict=False):
        yield from _fields(left[2], right[2], "" if name == "__main__" else name, What.STATE)
    left_names, right_names = ([name for name, _ in tree[2]] for tree in (one, other))
    if left_names != right_names:
        yield What.STATE, "the imported modules", ", ".join(left_names), ", ".join(right_names)


def _values(one: Tree, other: Tree, where: str, what: What) -> Iterator[_Found]:
    """The differences between two trees, depth first."""
    if one == other:
        return
    kind = one[0]
    if kind != other[0]:
        yield _kinds(one, other, where, what)
    elif kind in ("list", "tuple", "composite", "set"):
        yield from _sequences(one, other, where, what)
    elif kind == "dict":
        yield from _dicts(one, other, where, what)
    elif kind == "object":
        if one[1] != other[1]:
            yield what, where, one[1], other[1]
        else:
            yield from _fields(one[2], other[2], where, what)
    elif not _same_leaf(one, other):
        yield (What.VARIABLE if kind == "variable" else what), where, show(one), show(other)


def _kinds(one: Tree, other: Tree, where: str, what: What) -> _Found:
    if "symbolic" in (one[0], other[0]):
        what = What.LEAK
    elif what is What.RESULT:
        what = What.TYPE
    return what, where, show(one), show(other)


def _sequences(one: Tree, other: Tree, where: str, what: What) -> Iterator[_Found]:
    if one[1] != other[1]:
        yield (What.TYPE if what is What.RESULT else what), where, show(one), show(other)
        return
    for index, (left, right) in enumerate(zip(one[2], other[2], strict=False)):
        yield from _values(left, right, f"{where}[{index}]", what)
    if len(one[2]) != len(other[2]):
        yield what, where, f"{one[0]} of {len(one[2])}", f"{other[0]} of {len(other[2])}"


def _dicts(one: Tree, other: Tree, where: str, what: What) -> Iterator[_Found]:
    if one[1] != other[1]:
        yield what, where, show(one), show(other)
        return
    left, right = ({_key(key): value for key, value in tree[2]} for tree in (one, other))
    for key in left:
        if key in right:
            yield from _values(left[key], right[key], f"{where}[{key}]", what)
    if left.keys() != right.keys():
        yield what, f"the keys of {where}", ", ".join(left) or "none", ", ".join(right) or "none"


def _key(tree: Tree) -> str:
    return repr(tree[1]) if tree[0] == "str" else show(tree)


def _fields(one: list[Tree], other: list[Tree], where: str, what: What) -> Iterator[_Found]:
    left, right = _by_name(one), _by_name(other)
    for name in left:
        place = _member(where, name)
        if name in right:
            yield from _values(left[name], right[name], place, what)
        else:
            yield what, place, show(left[name]), "not set"
    for name in right:
        if name not in left:
            yield what, _member(where, name), "not set", show(right[name])


def _by_name(fields: list[Tree]) -> dict[str, Tree]:
    return {field[0]: field[1] for field in fields}


def _member(where: str, name: str) -> str:
    if name == "<variables>":
        return f"{where}.variables"
    return f"{where}.{name}" if where else name


def _same_leaf(one: Tree, other: Tree) -> bool:
    kind = one[0]
    if kind == "float":
        return _close(float(one[1]), float(other[1]), 1e-4, 0.0)
    if kind in ("tensor", "ndarray", "variable"):
        return bool(one[1] == other[1] and one[2] == other[2]) and _same_data(one[3], other[3], one[1])
    if kind == "scalar":
        return bool(one[1] == other[1]) and _same_data(one[2], other[2], one[1])
    if kind in ("str", "opaque"):
        return one[:-1] == other[:-1] and same_text(one[-1], other[-1])
    return kind == "bytes" and same_text(_decoded(one), _decoded(other))


def _same_data(one: Tree, other: Tree, dtype: str) -> bool:
    if one == other:
        return True
    if one[0] != other[0] or one[0] == "items":
        return one[0] == other[0] and not any(
            _values(["list", "", one[1]], ["list", "", other[1]], "", What.STATE)
        )
    left, right = numbers(one[1], dtype), numbers(other[1], dtype)
    if left is None or right is None or len(left) != len(right):
        return False
    tolerance = RELATIVE.get(dtype, 1e-4)
    finite = [abs(value) for value in (*left, *right) if math.isfinite(value)]
    near = ABSOLUTE * max(finite, default=0.0)
    return all(_close(a, b, tolerance, near) for a, b in zip(left, right, strict=True))


_FORMATS = {"float16": "e", "float32": "f", "float64": "d", "complex64": "f", "complex128": "d"}


def numbers(data: str, dtype: str) -> Sequence[float] | None:
    """The floating-point numbers of raw data in hexadecimal; `None` for dtypes that must agree exactly."""
    raw = bytes.fromhex(data)
    if dtype == "bfloat16":
        raw = b"".join(b"\0\0" + raw[index : index + 2] for index in range(0, len(raw), 2))
        dtype = "float32"
    code = _FORMATS.get(dtype)
    if code is None:
        return None
    return struct.unpack(f"<{len(raw) // struct.calcsize(code)}{code}", raw)


def _close(one: float, other: float, relative: float, near: float) -> bool:
    if one == other or (math.isnan(one) and math.isnan(other)):
        return True
    if not (math.isfinite(one) and math.isfinite(other)):
        return False
    return abs(one - other) <= max(relative * max(abs(one), abs(other)), near, ABSOLUTE)


# --- words ---


def show(tree: Tree) -> str:
    """A value in a few words."""
    kind = tree[0]
    if kind == "none":
        return "None"
    if kind in ("bool", "int", "float", "complex"):
        return f"the {kind} {tree[1]}"
    if kind == "str":
        return f"the str {_quoted(tree[1])}"
    if kind == "bytes":
        return f"the bytes {_quoted(_decoded(tree))}"
    if kind in ("tensor", "ndarray", "variable"):
        return f"a {_KINDS[kind]} ({_content(tree)})"
    if kind == "scalar":
        return f"a NumPy {tree[1]} ({_data_words(tree[2], tree[1])})"
    if kind == "symbolic":
        return f"a symbolic tensor ({tree[1]}, shape {_shape(tree[2])})"
    if kind in ("list", "tuple", "set", "composite"):
        return f"a {tree[1] or kind} of {len(tree[2])}"
    if kind == "dict":
        return f"a {tree[1]} with {len(tree[2])} keys"
    if kind == "seen":
        return "an object that is also held elsewhere"
    return str(tree[1]) if kind == "object" else f"{tree[1]} {tree[2]}".strip()


_KINDS = {"tensor": "tensor", "ndarray": "NumPy array", "variable": "variable"}


def _content(tree: Tree) -> str:
    return f"{tree[1]}, shape {_shape(tree[2])}: {_data_words(tree[3], tree[1])}"


def _decoded(tree: Tree) -> str:
    """The text of a leaf; bytes are read as UTF-8."""
    if tree[0] == "bytes":
        return bytes.fromhex(tree[1]).decode("utf-8", "backslashreplace")
    return str(tree[-1])


def _shape(shape: list[int | None] | None) -> str:
    return "unknown" if shape is None else str(tuple(shape))


def _data_words(data: Tree, dtype: str) -> str:
    if data[0] == "items":
        return _short(", ".join(_quoted(_decoded(item)) for item in data[1]), 60)
    values: Sequence[float] | None = numbers(data[1], dtype)
    if values is None:
        values = _integers(data[1], dtype)
    shown = ", ".join(f"{value:.6g}" for value in values[:6])
    return shown + (", …" if len(values) > 6 else "")


def _integers(data: str, dtype: str) -> Sequence[int]:
    raw = bytes.fromhex(data)
    width = 1 if dtype == "bool" else int(re.sub(r"\D", "", dtype) or 8) // 8 or 1
    signed = dtype.startswith("int")
    return [
        int.from_bytes(raw[index : index + width], "little", signed=signed)
        for index in range(0, len(raw), width)
    ]


def _excerpts(one: str, other: str) -> tuple[str, str]:
    """The first lines of two texts that differ, or the whole texts when these are short."""
    if max(len(one), len(other)) <= 160:
        return _quoted(one), _quoted(other)
    left, right = one.splitlines(), other.splitlines()
    at = next((i for i, pair in enumerate(zip(left, right, strict=False)) if not same_text(*pair)), None)
    at = min(len(left), len(right)) if at is None else at
    shown = (_quoted("\n".join(lines[at : at + 2])) for lines in (left, right))
    first, second = (f"{text} (line {at + 1})" for text in shown)
    return first, second


def _quoted(text: str) -> str:
    return repr(_short(text, 160)) if text else "nothing"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"
