"""Plain Python that needs no TensorFlow, held against Python: what the analysis says that a function returns is so.

`plain_python.txt` holds bodies of functions, an empty line between two. What is only said to be of some kind has to
be of that kind; a function that is said never to return has to raise.
"""

import textwrap
from pathlib import Path

import pytest

from graphlift.ide.workspace import Workspace
from graphlift.values import Const, Mapping, Never, Py, Sequence, const_value

BODIES = Path(__file__).with_name("plain_python.txt").read_text(encoding="utf-8").strip().split("\n\n")

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")


class NotKnownError(Exception):
    """A value is not known in full."""


def back(value):
    """The Python value that a value of the analysis stands for."""
    if isinstance(value, Const):
        return const_value(value)
    if isinstance(value, Sequence) and value.items is not None and value.type in ("list", "tuple"):
        return {"list": list, "tuple": tuple}[value.type](back(item) for item in value.items)
    if isinstance(value, Mapping) and value.items is not None and value.type == "dict":
        return {const_value(key): back(item) for key, item in value.items}
    raise NotKnownError


def complaint(said, real):
    """What is wrong with a value, empty where it holds."""
    try:
        known = back(said)
    except NotKnownError:
        kinds = (Py, Sequence, Mapping)
        wrong = isinstance(said, Never) or (isinstance(said, kinds) and said.type != type(real).__name__)
        return f"is {real!r}, not {said}" if wrong else ""
    return "" if repr(known) == repr(real) else f"is {real!r}, not {known!r}"


def test_what_functions_return(tmp_path):
    functions = [f"def f{n}():\n{textwrap.indent(body, '    ')}\n" for n, body in enumerate(BODIES)]
    source = "\n\n".join(functions)
    (tmp_path / "plain.py").write_text(source, encoding="utf-8")
    workspace = Workspace([str(tmp_path)])
    workspace.settle()
    scope = {}
    exec(source, scope)
    found, known = [], 0
    for n, body in enumerate(BODIES):
        said = workspace.solver.state.roots[f"plain:f{n}"].summary.returns
        known += isinstance(said, Const)
        wrong = complaint(said, scope[f"f{n}"]())
        if wrong:
            found.append(f"{body}\n    {wrong}")
    assert not found, f"{len(found)} wrong:\n" + "\n\n".join(found)
    assert known > 70, known
