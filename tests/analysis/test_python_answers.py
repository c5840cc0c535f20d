"""What the analysis works out about plain Python expressions, held against Python: no constant is ever wrong.

A wrong one decides a condition, and takes the code behind it away with all that it does.
"""

import pytest

from graphlift.values import Const, const_value

from .python_values import SETUP, VALUES, values_of

pytestmark = [
    pytest.mark.xdist_group("python-answers"),
    pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning"),
]

ONE = [
    "bool({a})", "not {a}", "{a} is None", "{a} is not None", "callable({a})", "len({a})", "{a} and 1", "{a} or 1",
    "1 if {a} else 2", "hasattr({a}, 'shape')", "hasattr({a}, 'append')", "str({a})", "int({a})", "float({a})",
    "type({a}) is int", "type({a}) == dict", "type({a}) in (list, tuple)", "type({a}).__name__",
    "{a}.__class__ is list",
    "{a} == 1", "{a} == 'a'", "{a} == None", "{a} != 1", "{a} in (1, 'a', None)", "{a} is True", "{a} < 2", "-{a}",
    "{a} * 2", "{a} + 1", "abs({a})", "sorted({a})", "list({a})", "tuple({a})", "sum({a})", "max({a})", "any({a})",
    "all({a})", "1 in {a}", "'a' in {a}", "getattr({a}, 'missing', 3)", "isinstance({a}, type(None)) or 1",
    "repr({a}) == 'a'", 'f"{{{a}}}"', "id({a}) == 1", "hash({a}) == 1", "next(iter({a}))", "{a}[0]", "{a}[-1]",
]  # fmt: skip

TWO = [
    "{a} == {b}",
    "{a} != {b}",
    "{a} is {b}",
    "{a} in {b}",
    "{a} < {b}",
    "{a} and {b}",
    "{a} or {b}",
    "{a} + {b}",
]

SOME = [
    "1", "1.0", "0", "True", "False", "None", "'a'", "''", "b'a'", "[1]", "[]", "(1,)", "()", "{'a': 1}", "{}", "{1}",
    "frozenset([1])", "range(1)", "collections.OrderedDict(a=1)", "collections.deque([1])", "{'a': 1}.keys()",
    "Base()", "Base", "Point(1, 2)", "(1, 2)", "Pair(1, 2)", "Number(1.0)", "Color.RED", "Level.LOW", "Name.A",
    "Record()", "plain", "np.float32(1.0)", "np.ones(1)", "tf.constant(1)", "tf.Variable(1.0)", "tf.float32",
    "tf.ones([1]).shape",
    "tf.TensorShape([1])", "int", "float('nan')", "1j", "'1'", "10 ** 20", "-1",
]  # fmt: skip


def wrong(tmp_path, expressions):
    """The expressions of which something else is said than Python gives, and how many constants were given."""
    scope = {}
    exec(SETUP, scope)
    found, known = [], 0
    for expression, value in zip(expressions, values_of(tmp_path, expressions), strict=True):
        if not isinstance(value, Const):
            continue
        try:
            real = eval(expression, scope)
        except (TypeError, ValueError, AttributeError, KeyError, IndexError, StopIteration):
            continue  # Python gets no further either.
        said = const_value(value)
        known += 1
        if type(real) is not type(said) or repr(real) != repr(said):
            found.append(f"{expression} is {real!r}, not {said!r}")
    return found, known


def test_expressions_on_one_value(tmp_path):
    pytest.importorskip("tensorflow")
    found, known = wrong(tmp_path, [form.format(a=f"({value})") for value in VALUES + SOME for form in ONE])
    assert not found, f"{len(found)} wrong:\n" + "\n".join(found)
    assert known > 700, known


def test_expressions_on_two_values(tmp_path):
    pytest.importorskip("tensorflow")
    found, known = wrong(tmp_path, [form.format(a=a, b=b) for a in SOME for b in SOME for form in TWO])
    assert not found, f"{len(found)} wrong:\n" + "\n".join(found)
    assert known > 1000, known
