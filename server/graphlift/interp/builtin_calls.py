"""Python's built-in functions on abstract values."""

from __future__ import annotations

from collections.abc import Callable

from graphlift.interp.calls import Site, call_value, escape
from graphlift.interp.expressions import evaluate, iteration, known_length
from graphlift.interp.frame import Frame
from graphlift.interp.instances import call_special, call_text
from graphlift.interp.ordering import compared
from graphlift.interp.statements import is_symbolic
from graphlift.interp.static_shapes import note_length
from graphlift.models.api import Arguments
from graphlift.syntax import nodes
from graphlift.values import (
    NEVER,
    NONE,
    Array,
    Const,
    Dataset,
    DType,
    External,
    Instance,
    Iterator,
    KerasTensor,
    Mapping,
    Object,
    Py,
    Sequence,
    SetOf,
    Tensor,
    Unknown,
    Value,
    Variable,
    const,
    const_value,
    join,
    join_all,
    options,
)

Builtin = Callable[[Frame, Arguments, Site], Value]
_BUILTINS: dict[str, Builtin] = {}


def builtin(*names: str) -> Callable[[Builtin], Builtin]:
    """Register what calls these built-ins."""

    def register(function: Builtin) -> Builtin:
        for name in names:
            _BUILTINS[name] = function
        return function

    return register


_STARRED = Unknown("what is given through `*` is not followed")


def call_builtin(frame: Frame, name: str, arguments: Arguments, site: Site) -> Value:
    """Call the built-in `name`."""
    found = _BUILTINS.get(name)
    if arguments.star and name in ("zip", "map"):
        return Iterator(Sequence("tuple", None, _STARRED) if name == "zip" else _STARRED, "fresh")
    if arguments.star and name not in ("print", "isinstance", "issubclass"):
        return Unknown(f"what `{name}` gives with arguments through `*` is not followed")
    if found is not None:
        return found(frame, arguments, site)
    if name in _EXCEPTIONS:
        return Py(name)
    if name == "object.__setattr__":
        return _BUILTINS["setattr"](frame, arguments, site)
    if name.startswith("object."):
        return NONE
    frame.effect("unknown-call", site.node, f"the built-in `{name}`")
    escape(frame, arguments, site)
    return Unknown(f"the built-in `{name}` is not modelled")


_EXCEPTIONS = frozenset(
    name
    for name, value in vars(__import__("builtins")).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)


def first_of(arguments: Arguments) -> Value:
    """The first argument; `None` where there is none."""
    return arguments.positional[0] if arguments.positional else NONE


def _cast(frame: Frame, site: Site, name: str, value: Value, dtype: str, kind: str) -> Value:
    """`float(t)` and the like: Python's type outside a graph, a tensor (or an error) inside."""
    results: list[Value] = []
    for option in options(value):
        if is_symbolic(frame, option) and name == "int" and _is_as_good(frame, site.node, option):
            results.append(Tensor("int32", ()))
        elif is_symbolic(frame, option):
            frame.effect("python-cast", site.node, f"{name}()")
            # Python's own number promotes as NumPy's float64 or int64 do where no graph is made.
            results.append(
                Tensor(dtype if kind == "bool" else None, (), python=True)
                if not frame.unconverted
                else Py(kind)
            )
        elif isinstance(option, Unknown):
            frame.effect("uses-python", site.node, option.reason, certain=False)
            if name != "int" or frame.unconverted or not _bounds_int32(frame, site.node):
                frame.effect("python-cast", site.node, f"{name}()", certain=False)
            results.append(Py(kind))
        elif isinstance(option, Instance):
            special = f"__{name}__"
            found = call_special(frame, option, special, (), site.node)
            results.append(found if found is not None else Py(kind))
        elif isinstance(option, Const):
            results.append(_converted(option, kind))
        elif isinstance(option, Array) and option.number:
            results.append(_converted(_python_number(option), kind))
        else:
            results.append(Py(kind))
    return join_all(results)


def _is_as_good(frame: Frame, node: nodes.NodeNG, value: Value) -> bool:
    """Whether AutoGraph's `tf.int32` tensor does where the node stands what the Python number does there."""
    if frame.unconverted:
        return False
    if _counts_passes(frame, node):
        return True
    return _fits_int32(value) and (_bounds_int32(frame, node) or _is_given_to_cast(frame, node))


_WITHIN_INT32 = frozenset({"bool", "int8", "int16", "int32", "uint8", "uint16"})


def _fits_int32(value: Value) -> bool:
    return isinstance(value, Tensor) and value.dtype in _WITHIN_INT32 and value.shape == ()


def _bounds_int32(frame: Frame, node: nodes.NodeNG) -> bool:
    """Whether the node is a bound of random numbers of dtype `tf.int32`, to which TensorFlow converts either."""
    keyword = node.parent
    if not isinstance(keyword, nodes.Keyword) or keyword.arg not in ("minval", "maxval"):
        return False
    drawn = keyword.parent
    others = {each.arg: each.value for each in drawn.keywords} if isinstance(drawn, nodes.Call) else {}
    if "dtype" not in others:
        return False
    with frame.quietly():
        function, dtype = evaluate(frame, drawn.func), evaluate(frame, others["dtype"])
    known = isinstance(function, External) and function.name.startswith("tensorflow.random.")
    return known and dtype == DType("int32")


def _is_given_to_cast(frame: Frame, node: nodes.NodeNG) -> bool:
    """Whether the node is what `tf.cast` is given, which makes the same tensor of either."""
    call = node.parent
    if not isinstance(call, nodes.Call) or not call.args or call.args[0] is not node:
        return False
    with frame.quietly():
        function = evaluate(frame, call.func)
    return isinstance(function, External) and function.name == "tensorflow.cast"


def _counts_passes(frame: Frame, node: nodes.NodeNG) -> bool:
    """Whether the node is an argument of the `range` that a `for` statement goes over: AutoGraph makes a graph loop."""
    counted = node.parent
    called = isinstance(counted, nodes.Call) and isinstance(counted.func, nodes.Name)
    loop = called and counted.func.name == "range" and isinstance(counted.parent, nodes.For)
    return bool(loop) and counted.parent.iter is counted


def _python_number(scalar: Array) -> Const:
    """The number that a NumPy scalar is known to be, as Python's."""
    return Const("float" if set(scalar.number) - set("-0123456789") else "int", scalar.number)


def _converted(value: Const, kind: str) -> Value:
    converters: dict[str, Callable[..., int | float | bool | str]] = {
        "int": int,
        "float": float,
        "bool": bool,
        "str": str,
    }
    try:
        return const(converters[kind](const_value(value)))
    except (TypeError, ValueError, OverflowError):
        return Py(kind)


@builtin("int")
def _int(frame: Frame, arguments: Arguments, site: Site) -> Value:
    return (
        _cast(frame, site, "int", first_of(arguments), "int32", "int") if arguments.positional else const(0)
    )


@builtin("float")
def _float(frame: Frame, arguments: Arguments, site: Site) -> Value:
    return _cast(frame, site, "float", first_of(arguments), "float32", "float")


@builtin("bool")
def _bool(frame: Frame, arguments: Arguments, site: Site) -> Value:
    value = first_of(arguments)
    if is_symbolic(frame, value):
        frame.effect("tensor-as-bool", site.node, "bool()")
        return Py("bool")
    return join_all(_converted(o, "bool") if isinstance(o, Const) else Py("bool") for o in options(value))


@builtin("complex")
def _complex(frame: Frame, arguments: Arguments, site: Site) -> Value:
    if any(is_symbolic(frame, v) for v in arguments.positional):
        frame.effect("python-on-tensor", site.node, "complex()")
    return Py("complex")


@builtin("str", "repr", "ascii", "format", "bin", "hex", "oct", "chr")
def _text(frame: Frame, arguments: Arguments, site: Site) -> Value:
    value = first_of(arguments)
    if is_symbolic(frame, value):
        frame.effect("formats-tensor", site.node, "str()")
    special = {"repr": "__repr__", "ascii": "__repr__", "format": "__format__"}
    call_text(frame, value, site.node, special.get(called_as(site, "str", tuple(special)), "__str__"))
    if isinstance(value, Const) and isinstance(site.node, nodes.Call) and site.node.func.as_string() == "str":
        return _converted(value, "str")
    return Py("str")


@builtin("bytes", "bytearray", "memoryview")
def _bytes(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del frame, arguments
    return Py(called_as(site, "bytes", ("bytearray", "memoryview")))


@builtin("print")
def _print(frame: Frame, arguments: Arguments, site: Site) -> Value:
    for value in arguments.positional:
        call_text(frame, value, site.node)
    frame.effect("prints", site.node, "print()")
    return NONE


@builtin("input", "open", "breakpoint")
def _io(frame: Frame, arguments: Arguments, site: Site) -> Value:
    text = site.node.as_string().partition("(")[0]
    frame.effect("io", site.node, f"{text}()")
    return Object("builtins.file") if text == "open" else Py("str")


@builtin("exec", "eval", "compile", "__import__")
def _dynamic(frame: Frame, arguments: Arguments, site: Site) -> Value:
    text = site.node.as_string().partition("(")[0]
    frame.effect("unknown-call", site.node, f"`{text}` runs code that cannot be seen")
    escape(frame, arguments, site)
    return Unknown(f"what `{text}` gives is not visible")


@builtin("len")
def _len(frame: Frame, arguments: Arguments, site: Site) -> Value:
    note_length(frame, site.node, first_of(arguments))
    return join_all(_length(frame, option, site) for option in options(first_of(arguments)))


def _length(frame: Frame, value: Value, site: Site) -> Value:
    length = known_length(value)
    if isinstance(value, Tensor | Variable | KerasTensor):
        if length is not None or (isinstance(value, Tensor) and value.eager):
            return const(length) if length is not None else Py("int")
        if not _is_as_good(frame, site.node, Tensor("int32", ())):
            frame.effect("python-cast", site.node, "len()")
        return Tensor("int32", (), python=True)
    if isinstance(value, Instance):
        found = call_special(frame, value, "__len__", (), site.node)
        return found if found is not None else Py("int")
    if isinstance(value, Sequence) and value.type == "list" and not frame.is_fresh(value):
        return Py("int") if length is None else const(length)
    return const(length) if length is not None else Py("int")


@builtin("range")
def _range(frame: Frame, arguments: Arguments, site: Site) -> Value:
    given = arguments.positional
    for value in given:
        for option in options(value):
            if isinstance(option, Unknown):
                frame.effect("uses-python", site.node, option.reason)
    if any(is_symbolic(frame, v) for v in given):
        if frame.unconverted:
            frame.effect("python-on-tensor", site.node, "range()")
            frame.effect("unconverted", site.node, "range()")
        # AutoGraph turns this into `tf.range`: a loop over it becomes a graph loop.
        dtype = next((o.dtype for v in given for o in options(v) if isinstance(o, Tensor)), None)
        return Tensor(dtype, (None,))
    start, stop, step = const(0), const(0), const(1)
    if len(given) == 1:
        stop = given[0]
    elif len(given) >= 2:
        start, stop = given[0], given[1]
        step = given[2] if len(given) > 2 else step
    return Object("builtins.range", (("start", start), ("step", step), ("stop", stop)))


@builtin("sorted")
def _sorted(frame: Frame, arguments: Arguments, site: Site) -> Value:
    source = first_of(arguments)
    if is_symbolic(frame, source):
        frame.effect("tensor-iteration", site.node, "sorted()")
    element = iteration(frame, source, site.node)
    compared(frame, arguments, element, "sorted", site)
    count = known_length(source)
    items = (element,) * count if count is not None and count <= 8 else None
    return Sequence("list", items, element, frame.site(site.node))


@builtin("any", "all")
def _any(frame: Frame, arguments: Arguments, site: Site) -> Value:
    source = first_of(arguments)
    element = iteration(frame, source, site.node)
    if is_symbolic(frame, source) or is_symbolic(frame, element):
        frame.effect("tensor-as-bool", site.node, "any() or all()")
    return Py("bool")


@builtin("enumerate")
def _enumerate(frame: Frame, arguments: Arguments, site: Site) -> Value:
    source = first_of(arguments)
    element = iteration(frame, source, site.node)
    if not frame.plain and any(isinstance(o, Dataset) for o in options(source)):
        # AutoGraph turns this into `dataset.enumerate()`, which counts in int64 tensors.
        return Dataset(Sequence("tuple", (Tensor("int64", ()), element), join(Tensor("int64", ()), element)))
    if is_symbolic(frame, source):
        frame.effect("tensor-iteration", site.node, "enumerate()")
    count = known_length(source)
    if count is not None and count <= 16 and isinstance(source, Sequence) and source.items is not None:
        pairs = tuple(
            Sequence("tuple", (const(n), item), join(const(n), item)) for n, item in enumerate(source.items)
        )
        return Sequence("enumerate", pairs, join_all(pairs))
    return Iterator(Sequence("tuple", (Py("int"), element), join(Py("int"), element)), "fresh")


@builtin("zip")
def _zip(frame: Frame, arguments: Arguments, site: Site) -> Value:
    given = arguments.positional
    if any(isinstance(o, Dataset) for v in given for o in options(v)):
        if all(isinstance(v, Dataset) for v in given):
            elements = tuple(v.element for v in given if isinstance(v, Dataset))
            return Dataset(Sequence("tuple", elements, join_all(elements)))
        frame.effect("tensor-iteration", site.node, "zip() over a dataset")
    elif any(is_symbolic(frame, v) for v in given):
        frame.effect("tensor-iteration", site.node, "zip()")
    if given and all(isinstance(v, Sequence) and v.items is not None and len(v.items) <= 16 for v in given):
        rows = zip(*(v.items for v in given if isinstance(v, Sequence) and v.items is not None), strict=False)
        pairs = tuple(Sequence("tuple", row, join_all(row)) for row in rows)
        return Sequence("zip", pairs, join_all(pairs))
    elements = tuple(iteration(frame, v, site.node) for v in given)
    return Iterator(Sequence("tuple", elements, join_all(elements)), "fresh")


@builtin("map", "filter")
def _map(frame: Frame, arguments: Arguments, site: Site) -> Value:
    if not arguments.positional:
        return Iterator(NEVER, "fresh")
    function, *sources = arguments.positional
    if any(is_symbolic(frame, v) or isinstance(v, Dataset) for v in sources):
        frame.effect("tensor-iteration", site.node, "map() or filter()")
    elements = tuple(iteration(frame, v, site.node) for v in sources)
    multiplier = frame.multiplier
    count = known_length(sources[0]) if sources else None
    frame.multiplier *= max(count if count is not None else 4, 1)
    result = (
        NONE
        if function == NONE
        else call_value(frame, function, Arguments(elements), Site(site.node, library=True))
    )
    frame.multiplier = multiplier
    is_filter = isinstance(site.node, nodes.Call) and site.node.func.as_string() == "filter"
    if is_filter:
        if is_symbolic(frame, result):
            frame.effect("tensor-as-bool", site.node, "filter()")
        return Iterator(elements[0] if elements else NEVER, "fresh")
    return Iterator(result, "fresh")


@builtin("reversed")
def _reversed(frame: Frame, arguments: Arguments, site: Site) -> Value:
    source = first_of(arguments)
    if is_symbolic(frame, source):
        frame.effect("tensor-iteration", site.node, "reversed()")
    if isinstance(source, Sequence) and source.items is not None:
        return Sequence("reversed", source.items[::-1], source.element)
    return Iterator(iteration(frame, source, site.node), "fresh")


@builtin("list", "tuple")
def _list(frame: Frame, arguments: Arguments, site: Site) -> Value:
    name = called_as(site, "list", ("list", "tuple"))
    fresh = frame.site(site.node) if name == "list" else ""
    if not arguments.positional:
        return Sequence(name, (), NEVER, fresh)
    source = first_of(arguments)
    if is_symbolic(frame, source) or any(isinstance(o, Dataset) for o in options(source)):
        frame.effect("tensor-iteration", site.node, f"{name}()")
    if isinstance(source, Sequence) and source.items is not None:
        return Sequence(name, source.items, source.element, fresh)
    if isinstance(source, Mapping) and source.items is not None:
        return Sequence(name, tuple(k for k, _ in source.items), source.key, fresh)
    if isinstance(source, Object) and source.cls == "builtins.range":
        count = known_length(source)
        if count is not None and count <= 16:
            first = dict(source.config)["start"], dict(source.config)["step"]
            if all(isinstance(v, Const) for v in first):
                begin, step = (int(const_value(v) or 0) for v in first if isinstance(v, Const))
                items = tuple(const(begin + n * step) for n in range(count))
                return Sequence(name, items, join_all(items), fresh)
    return Sequence(name, None, iteration(frame, source, site.node), fresh)


def called_as(site: Site, default: str, names: tuple[str, ...]) -> str:
    """Under which of these names a built-in that has several is called."""
    text = site.node.func.as_string() if isinstance(site.node, nodes.Call) else default
    return text if text in names else default


@builtin("set", "frozenset")
def _set(frame: Frame, arguments: Arguments, site: Site) -> Value:
    element = iteration(frame, first_of(arguments), site.node) if arguments.positional else NEVER
    return SetOf(called_as(site, "set", ("set", "frozenset")), element, frame.site(site.node))


@builtin("dict")
def _dict(frame: Frame, arguments: Arguments, site: Site) -> Value:
    fresh = frame.site(site.node)
    items = tuple((Const("str", repr(k)), v) for k, v in arguments.keywords)
    if not arguments.positional and not arguments.double_star:
        return Mapping("dict", items, join_all(k for k, _ in items), join_all(v for _, v in items), fresh)
    source = first_of(arguments)
    if isinstance(source, Mapping):
        if source.items is not None:
            merged = tuple({**dict(source.items), **dict(items)}.items())
            keys, values = [k for k, _ in merged], [v for _, v in merged]
            return Mapping("dict", merged, join_all(keys), join_all(values), fresh)
        value = join_all([source.value, *(v for _, v in items)])
        return Mapping("dict", None, source.key, value, fresh)
    pair = iteration(frame, source, site.node)
    if isinstance(pair, Sequence) and pair.items is not None and len(pair.items) == 2:
        return Mapping("dict", None, pair.items[0], pair.items[1], fresh)
    unknown = Unknown("the entries of the dict are not followed")
    return Mapping("dict", None, unknown, unknown, fresh)


@builtin("ord")
def _ord(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del frame, arguments, site
    return Py("int")


@builtin("slice")
def _slice(frame: Frame, arguments: Arguments, site: Site) -> Value:
    del frame, site
    given = arguments.positional
    start: Value = NONE
    stop: Value = NONE
    step: Value = NONE
    if len(given) == 1:
        stop = given[0]
    elif given:
        start, stop = given[0], given[1]
        step = given[2] if len(given) > 2 else NONE
    return Object("builtins.slice", (("start", start), ("step", step), ("stop", stop)))
