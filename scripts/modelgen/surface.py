"""The public surface of a library: every public name with its object, one canonical name each, and its signature."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Iterator
from typing import Any

from graphlift.models.table import Entry

SKIPPED = (
    "tensorflow.compat",
    "tensorflow.raw_ops",
    "tensorflow.keras",
    "tensorflow.losses",
    "tensorflow.metrics",
    "tensorflow.optimizers",
    "tensorflow.initializers",
    "tensorflow.version",
    "numpy.core",
    "numpy.f2py",
    "numpy.distutils",
    "numpy.testing",
    "numpy.ctypeslib",
    "numpy.typing",
    "numpy.polynomial",
    "numpy.rec",
    "numpy.char",
    "numpy.strings",
    "numpy.dtypes",
    "numpy.exceptions",
    "numpy.ma",
    "numpy.matlib",
    "numpy.emath",
)


def is_public_module(module: types.ModuleType, path: str, root: str) -> bool:
    """Whether a module that is reachable as `path` belongs to the public surface of `root`."""
    name = getattr(module, "__name__", "")
    if root == "tensorflow":
        return name.startswith("tensorflow._api.v2") or name == path == "tensorflow.experimental"
    if root == "numpy":
        return name == path
    return name.startswith(root) and ".src" not in name


def public(root: types.ModuleType, prefix: str, name: str) -> Iterator[tuple[str, Any]]:
    """Every public name reachable from a library's root module, as (path, object), modules included."""
    seen: set[int] = set()

    def walk(module: types.ModuleType, path: str) -> Iterator[tuple[str, Any]]:
        if id(module) in seen:
            return
        seen.add(id(module))
        for member in sorted(dir(module)):
            inner = f"{path}.{member}"
            if member.startswith("_") or inner in SKIPPED:
                continue
            value = getattr(module, member, None)
            if isinstance(value, types.ModuleType):
                if is_public_module(value, inner, name):
                    yield inner, value
                    yield from walk(value, inner)
            elif not isinstance(value, _FUTURE):
                yield inner, value

    yield prefix, root
    yield from walk(root, prefix)


_FUTURE = type(__import__("__future__").annotations)


def kind_of(value: object) -> str:
    """The kind of an entry for this object."""
    if isinstance(value, types.ModuleType):
        return "module"
    if inspect.isclass(value):
        return "class"
    return "function" if callable(value) else "constant"


def default_text(value: object) -> str:
    """A default as the tables write it: plain constants and TensorFlow dtypes as such, anything else as `...`."""
    if value is None or type(value) in (bool, int, str):
        return repr(value)
    if type(value).__name__ == "_NoValueType":
        return "None"
    if type(value) is float:
        return repr(value) if value == value and abs(value) != float("inf") else "..."
    if type(value) in (tuple, list) and all(type(v) in (bool, int, float, str) for v in value):
        return repr(value)
    if type(value).__name__ == "DType" and hasattr(type(value), "as_numpy_dtype"):
        return f"tf.{value.name}"
    if isinstance(value, type) and value.__module__ in ("numpy", "builtins"):
        return f"tf.{ {'float': 'float64', 'int': 'int64'}.get(value.__name__, value.__name__) }".replace(
            " ", ""
        )
    return "..."


def constant_expression(value: object) -> str:
    """The expression that gives a constant; empty for an object that the domain has no value for."""
    if value is None:
        return "none()"
    if isinstance(value, bool | int | float | str):
        exact = type(value) in (bool, int, float, str) and value == value and value not in (_INF, -_INF)
        return f"literal({value!r})" if exact and len(repr(value)) < 80 else f"py('{type(value).__name__}')"
    if type(value).__name__ == "DType" and hasattr(type(value), "as_numpy_dtype"):
        return f"dtype_value('{value.name}')"
    return ""


_INF = float("inf")


def signature(function: Callable[..., Any], *, bound: bool = False) -> tuple[str, ...]:
    """The parameters of a callable in the form of `Entry.params`; nothing where Python can't tell."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):
        return _documented(function)
    if bound and parameters and parameters[0].name in ("self", "cls", "_cls"):
        parameters = parameters[1:]
    if inspect.isclass(function) and {p.kind for p in parameters} <= {2, 4}:
        # The class has a `__new__` that takes anything: its `__init__` tells more.
        return signature(function.__init__, bound=True)
    result: list[str] = []
    starred = False
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            result.append(f"*{parameter.name}")
            starred = True
            continue
        if parameter.kind is parameter.VAR_KEYWORD:
            result.append(f"**{parameter.name}")
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            result.append("*")
            starred = True
        default = "" if parameter.default is parameter.empty else f"={default_text(parameter.default)}"
        result.append(f"{parameter.name}{default}")
    return tuple(result)


def _documented(function: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters that the first line of a C function's docstring gives (NumPy's ufuncs and built-ins)."""
    lines = (inspect.getdoc(function) or "").strip().splitlines()
    match = re.match(r"\w+\((.*)\)", lines[0]) if lines else None
    if match is None:
        return ()
    result: list[str] = []
    for part in re.sub(r"[\[\]]", "", match.group(1)).split(","):
        name, _, default = part.strip().partition("=")
        if re.fullmatch(r"\*{0,2}\w+", name):
            known = default in ("None", "True", "False") or re.fullmatch(r"-?\d+", default)
            result.append(name + (f"={default if known else '...'}" if default else ""))
        elif name == "*":
            result.append(name)
    return tuple(result)


def shortest(paths: list[str], preferred: str | None, own: str) -> str:
    """The canonical one among the spellings of one object: the shortest; the library's own choice among equals,
    else the one with the object's own name (`own`).
    """
    return min(
        paths,
        key=lambda path: (
            path not in HOMES,
            path.count("."),
            path != preferred,
            "experimental" in path,
            path.rpartition(".")[2] != own,
            path,
        ),
    )


HOMES = frozenset(
    f"keras.{home}"
    for home in (
        "layers.Layer",
        "losses.Loss",
        "metrics.Metric",
        "optimizers.Optimizer",
        "initializers.Initializer",
        "regularizers.Regularizer",
    )
)
"""Names that are canonical although Keras 3 has a shorter one: Keras 2 has only these."""


def entries_of(found: dict[str, Any], preferred: Callable[[Any], str | None]) -> dict[str, tuple[Entry, Any]]:
    """One entry for each distinct object, by canonical name, with the object."""
    groups: dict[int, list[str]] = {}
    result: dict[str, tuple[Entry, Any]] = {}
    for path, value in found.items():
        if kind_of(value) in ("function", "class"):
            groups.setdefault(id(value), []).append(path)
        else:
            result[path] = (Entry(path, kind_of(value)), value)
    for paths in groups.values():
        value = found[paths[0]]
        name = shortest(paths, preferred(value), getattr(value, "__name__", ""))
        aliases = {path for path in paths if path != name}
        private = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', '')}"
        if "." in private.strip(".") and "<" not in private and private != name and private not in found:
            aliases.add(private)
        result[name] = (
            Entry(name, kind_of(value), signature(value), aliases=tuple(sorted(aliases))),
            value,
        )
    return result


_OBJECT_MEMBERS = frozenset(dir(object)) | frozenset(dir(type))
_SPECIAL = ("__call__", "__enter__", "__getitem__", "__iter__", "__len__", "__next__")


def members_of(cls: type, name: str, canonical: dict[int, str]) -> tuple[tuple[str, ...], dict[str, Entry]]:
    """The public library bases of a class, and entries for the members that it does not share with them."""
    bases = tuple(canonical[id(base)] for base in cls.__mro__[1:] if id(base) in canonical)
    public_bases = [base for base in cls.__mro__[1:] if id(base) in canonical]
    result: dict[str, Entry] = {}
    for member in dir(cls):
        if (member.startswith("_") and member not in _SPECIAL) or member == "mro":
            continue
        value = inspect.getattr_static(cls, member)
        if any(inspect.getattr_static(base, member, None) is value for base in public_bases):
            continue
        result[f"{name}.{member}"] = _member_entry(cls, f"{name}.{member}", member, value)
    return bases, result


def _member_entry(cls: type, path: str, member: str, value: object) -> Entry:
    if isinstance(value, staticmethod):
        return Entry(path, "function", signature(getattr(cls, member)))
    if isinstance(value, classmethod):
        return Entry(path, "function", signature(getattr(cls, member)))
    if inspect.isclass(value):
        return Entry(path, "class", signature(value))
    if isinstance(value, property | types.GetSetDescriptorType | types.MemberDescriptorType):
        return Entry(path, "property")
    if callable(value):
        return Entry(path, "method", signature(value, bound=True))
    return Entry(path, "property" if hasattr(value, "__get__") else "constant")
