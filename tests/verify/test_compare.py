"""The comparison of two runs, without TensorFlow: what counts as a difference and how it is told."""

from __future__ import annotations

import struct

import pytest

from graphlift.verify.compare import core_message, first_difference, same_text, show
from graphlift.verify.record import CallEvent, DoneEvent, EndEvent, Exc, Run, Said
from graphlift.verify.report import What, retraces


def tensor(*values: float, kind: str = "tensor", dtype: str = "float32") -> list[object]:
    code = {"float32": "f", "float64": "d"}[dtype]
    return [kind, dtype, [len(values)], ["raw", struct.pack(f"<{len(values)}{code}", *values).hex()]]


def call(
    result: list[object] | None = None,
    *,
    error: Exc | None = None,
    state: dict[str, list[object]] | None = None,
    arguments: dict[str, list[object]] | None = None,
    printed: str = "",
    phase: str = "program",
) -> CallEvent:
    module = ["object", "module", [list(item) for item in (state or {}).items()]]
    return CallEvent(
        index=0,
        phase=phase,
        before=Said(),
        signature="",
        seconds=0.0,
        output=Said(printed),
        traces=0,
        result=result,
        error=error,
        arguments=["object", "arguments", [list(item) for item in (arguments or {}).items()]],
        state=["object", "program", [["__main__", module]]],
    )


def run(*calls: CallEvent, files: tuple[tuple[str, str, object], ...] = ()) -> Run:
    end = EndEvent(None, Said(), list(files), ["object", "program", []], 0, True, 0, len(calls), 0)
    return Run(calls, end, None, DoneEvent([], 0.1))


def error(name: str, message: str, *bases: str) -> Exc:
    return Exc(name, [name.rpartition(".")[2], *bases], message, [])


def test_rounding_is_no_difference() -> None:
    assert first_difference(run(call(tensor(1.0, 2.0))), run(call(tensor(1.00001, 2.0)))) is None
    assert first_difference(run(call(["float", "0.1"])), run(call(["float", "0.1000001"]))) is None


@pytest.mark.parametrize(
    ("eager", "graph", "what"),
    [
        (tensor(1.0), tensor(1.1), What.RESULT),
        (tensor(1.0), tensor(1.0, kind="ndarray"), What.TYPE),
        (tensor(1.0), tensor(1.0, dtype="float64"), What.RESULT),
        (["int", "1"], ["int", "2"], What.RESULT),
        (["int", "1"], ["bool", True], What.TYPE),
        (["tuple", "tuple", [["none"]]], ["list", "list", [["none"]]], What.TYPE),
        (["list", "list", [["none"]]], ["list", "list", []], What.RESULT),
        (tensor(1.0), ["symbolic", "float32", [1]], What.LEAK),
    ],
)
def test_results(eager: list[object], graph: list[object], what: What) -> None:
    found = first_difference(run(call(eager)), run(call(graph)))
    assert found is not None
    assert (found.what, found.call) == (what, 1)


def test_the_place_is_written_like_python() -> None:
    def value(number: str) -> list[object]:
        return ["dict", "dict", [[["str", "loss"], ["list", "list", [["none"], ["int", number]]]]]]

    found = first_difference(run(call(value("1"))), run(call(value("2"))))
    assert found is not None
    assert str(found) == "call 1: result['loss'][1] is the int 1 eagerly and the int 2 in the graph"


def test_arguments_state_and_variables() -> None:
    def held(number: float) -> list[object]:
        fields = [["w", tensor(number, kind="variable")]]
        return ["object", "Model", fields]

    found = first_difference(
        run(call(arguments={"self": held(1.0)})), run(call(arguments={"self": held(2.0)}))
    )
    assert found is not None
    assert (found.what, found.where) == (What.VARIABLE, "self.w")
    found = first_difference(run(call(state={"n": ["int", "1"]})), run(call(state={})))
    assert found is not None
    assert (found.what, found.where, found.graph) == (What.STATE, "n", "not set")


def test_exceptions() -> None:
    value = error("ValueError", "bad 3")
    in_graph = error(
        "ValueError",
        'in user code:\n\n    File "m.py", line 3, in f  *\n        g(x)\n\n    ValueError: bad 3\n',
    )
    assert first_difference(run(call(error=value)), run(call(error=in_graph))) is None
    found = first_difference(run(call(tensor(1.0))), run(call(error=value)))
    assert found is not None
    assert (found.what, found.eager, found.graph) == (What.EXCEPTION, "none", "ValueError: bad 3")
    other = error("ValueError", "bad 4")
    assert first_difference(run(call(error=value)), run(call(error=other))) is not None
    # An op names itself and its place, which have other names in a graph.
    ops = [
        error("tf.InvalidArgumentError", text, "OpError")
        for text in ("{{node A}} no", "Graph execution error")
    ]
    assert first_difference(run(call(error=ops[0])), run(call(error=ops[1]))) is None


def test_autographs_account_of_an_exception_is_left_out() -> None:
    account = [
        "in user code:",
        "",
        '    File "a.py", line 1, in f  *',
        "        return g(x)",
        '    File "b.py", line 2, in g',
        "        x.y",
        "",
        "    AttributeError: no y",
    ]
    message = "\n".join(account)
    assert core_message(error("AttributeError", message)) == "no y"


def test_text() -> None:
    assert same_text("loss 0.12345678", "loss 0.12345671")
    assert same_text("<object at 0x7f12ab>", "<object at 0x7f99cd>")
    assert not same_text("loss 0.1", "loss 0.4")
    assert not same_text("step 1", "step 2")
    assert not same_text("step 10", "step 11")
    assert not same_text("a", "a b")


def test_phases_come_in_order_and_are_told() -> None:
    eager = run(call(tensor(1.0)), call(tensor(1.0), phase="weights"))
    graph = run(call(tensor(1.0)), call(tensor(9.0), phase="weights"))
    found = first_difference(eager, graph)
    assert found is not None
    assert "made again with other weights" in str(found)


def test_files() -> None:
    eager, graph = run(files=(("log.txt", "text", "a\na\n"),)), run(files=(("log.txt", "text", "a\n"),))
    found = first_difference(eager, graph)
    assert found is not None
    assert (found.what, found.where) == (What.FILE, "the file log.txt")
    named = [run(files=((f"events.out.tfevents.{n}.host.{n}", "binary", n),)) for n in (100000, 200000)]
    assert first_difference(*named) is None


def test_a_run_that_was_stopped_is_compared_as_far_as_it_came() -> None:
    stopped = Run((call(tensor(1.0)),), stopped="time")
    assert first_difference(run(call(tensor(1.0)), call(tensor(2.0))), stopped) is None


def test_values_in_words() -> None:
    assert show(tensor(1.0, 2.5)) == "a tensor (float32, shape (2,): 1, 2.5)"
    assert (
        show(["ndarray", "int32", [2], ["raw", struct.pack("<2i", 1, -2).hex()]])
        == "a NumPy array (int32, shape (2,): 1, -2)"
    )
    assert show(["scalar", "bool", ["raw", "01"]]) == "a NumPy bool (1)"
    assert show(["bytes", b"loss 1".hex()]) == "the bytes 'loss 1'"
    assert show(["symbolic", "float32", None]) == "a symbolic tensor (float32, shape unknown)"


@pytest.mark.parametrize(
    ("calls", "kinds", "traced", "expected"),
    [
        (2, 1, 2, False),
        (3, 1, 3, True),
        (3, 1, 2, False),
        (10, 2, 3, False),
        (10, 2, 4, True),
        (100, 1, 9, False),
    ],
)
def test_when_a_function_retraces(calls: int, kinds: int, traced: int, expected: bool) -> None:
    assert retraces(calls, kinds, traced) is expected
