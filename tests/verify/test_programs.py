"""Targets of every kind in programs of every form, and what the judge leaves as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphlift.verify import Judge, Limits, Outcome, Program

from .conftest import JudgeText, write

pytestmark = pytest.mark.tensorflow

KINDS = """
import functools
import tensorflow as tf

def noisy(function):
    @functools.wraps(function)
    def wrapper(*args):
        print("wrapper")
        return function(*args)
    return wrapper

class Kinds:
    def __init__(self):
        self.k = 2.0
    def method(self, x):
        return x * self.k
    @staticmethod
    def static(x):
        return x * 2
    @classmethod
    def of_class(cls, x):
        return x * 2
    @property
    def prop(self):
        return tf.ones(2) * self.k
    @noisy
    def decorated(self, x):
        return x * 2
    def __call__(self, x):
        return x * 3

def outer(x):
    def inner(y):
        return y * 2
    return [inner(x) for _ in range(5)]

kinds = Kinds()
for _ in range(3):
    x = tf.ones(2)
    kinds.method(x); kinds.static(x); Kinds.of_class(x); kinds.prop; kinds.decorated(x); kinds(x)
outer(tf.ones(2))
"""


@pytest.mark.parametrize(
    "name", ["method", "static", "of_class", "prop", "decorated", "__call__", "outer.<locals>.inner"]
)
def test_every_kind_of_function_can_be_the_target(name: str, judged: JudgeText) -> None:
    qualname = name if "." in name else f"Kinds.{name}"
    found = judged(KINDS, qualname)
    assert found.outcome is Outcome.SAME, found
    assert found.calls >= 3
    assert found.traces == 1


def test_the_target_may_be_in_another_file_of_a_package_run_as_a_module(
    judged: JudgeText, tmp_path: Path
) -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/deep/__init__.py": "from .ops import double\n",
        "pkg/deep/ops.py": "import time\n\ndef double(x):\n    return x * 2 + time.time()\n",
        "pkg/__main__.py": """
            import tensorflow as tf
            from .deep import double
            if __name__ == "__main__":
                for _ in range(3):
                    print(double(tf.ones(2)))
            """,
    }
    program = Program(str(tmp_path), "pkg", module=True)
    found = judged(files, "double", file="pkg/deep/ops.py", program=program)
    assert (found.outcome, found.calls) == (Outcome.DIFFERS, 3), found


def test_arguments_and_inputs_reach_the_program(judged: JudgeText, tmp_path: Path) -> None:
    write(tmp_path, {"given/data.txt": "4.0"})
    text = """
    import sys
    import tensorflow as tf

    def f(x):
        return x * 2

    assert sys.argv[1:] == ["--fast"], sys.argv
    with open("given/data.txt") as file:
        value = float(file.read())
    for _ in range(3):
        f(tf.constant(value))
    """
    program = Program(str(tmp_path), argv=("--fast",), inputs=(str(tmp_path / "given"),))
    assert judged(text, "f", program=program).outcome is Outcome.SAME


DECORATED = """
import tensorflow as tf

@tf.function(reduce_retracing=True)
def grows(x):
    return x * 2

@tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
def signed(x):
    return x * 2

def plain(x):
    return x * 2

class Trainer:
    def __init__(self):
        self.fast = tf.function(self.step, reduce_retracing=True)
    def step(self, x):
        return helper(x)

@tf.function
def helper(x):
    if tf.reduce_sum(x) > 0:
        return x
    return -x

trainer = Trainer()
for i in range(1, 7):
    grows(tf.ones([i])); signed(tf.ones([i])); plain(tf.ones([i])); trainer.fast(tf.ones([i])); helper(tf.ones([2]))
"""


@pytest.mark.parametrize(
    ("qualname", "outcome", "traces"),
    [("grows", "same", 2), ("signed", "same", 1), ("plain", "retraces", 6), ("Trainer.step", "same", 2)],
)
def test_the_arguments_of_the_programs_own_decorator_hold(
    qualname: str, outcome: str, traces: int, judged: JudgeText
) -> None:
    found = judged(DECORATED, qualname)
    assert (found.outcome.value, found.traces) == (outcome, traces), found


def test_given_options_win(judged: JudgeText) -> None:
    found = judged(DECORATED, "plain", options={"reduce_retracing": True})
    assert (found.outcome, found.traces) == (Outcome.SAME, 2), found


def test_calls_inside_other_graphs_are_counted_and_not_looked_at(judged: JudgeText) -> None:
    text = """
    import tensorflow as tf

    def prepare(x):
        print("tracing")
        if x > 0:
            return x
        return -x

    data = tf.data.Dataset.from_tensor_slices([1.0, -2.0]).map(prepare)
    print(list(data.as_numpy_iterator()))
    """
    found = judged(text, "prepare")
    assert (found.outcome, found.calls, found.in_graph) == (Outcome.SAME, 0, 1), found


def test_what_the_programs_own_functions_already_change_is_told(judged: JudgeText) -> None:
    text = """
    import tensorflow as tf

    @tf.function
    def noisy(x):
        print("noisy")
        return x

    def f(x):
        return x * 2

    for _ in range(3):
        noisy(f(tf.ones(2)))
    """
    found = judged(text, "f")
    assert found.outcome is Outcome.SAME
    assert "printed text" in found.untouched


def test_a_method_of_a_temporary_object_dies_with_it(judged: JudgeText) -> None:
    text = """
    import tensorflow as tf

    class C:
        def __init__(self):
            self.k = 2.0
        def f(self, x):
            return x * self.k

    for _ in range(3):
        C().f(tf.ones(2))
    """
    found = judged(text, "C.f")
    assert found.raised is not None
    assert found.raised.name == "AttributeError"


def test_the_line_that_raises_is_known(judged: JudgeText) -> None:
    text = "import tensorflow as tf\n\ndef f(x):\n    return x.numpy()\n\nfor _ in range(3):\n    f(tf.ones(2))\n"
    found = judged(text, "f")
    assert found.raised is not None
    assert (Path(found.raised.path).name, found.raised.line) == ("main.py", 4)


def test_too_slow_a_program_is_undecidable(judged: JudgeText) -> None:
    found = judged("while True: pass\n\ndef f(x): return x\n", "f", limits=Limits(seconds=1))
    assert found.outcome is Outcome.UNDECIDABLE
    assert "more than 1 s of processor time" in found.detail


def test_a_program_that_takes_all_memory_is_ended(judged: JudgeText) -> None:
    text = "def f(x): return x\n\nheld = [bytearray(1 << 20) for _ in range(2000)]\n"
    found = judged(text, "f", limits=Limits(seconds=20, memory=256))
    assert found.outcome is Outcome.UNDECIDABLE
    assert "MemoryError" in found.detail


def test_a_program_that_kills_its_process_leaves_the_judge_alive(judged: JudgeText) -> None:
    found = judged("import os, signal\ndef f(x): return x\nos.kill(os.getpid(), signal.SIGKILL)\n", "f")
    assert (found.outcome, found.detail) == (
        Outcome.UNDECIDABLE,
        "the program itself is ended by signal SIGKILL",
    )
    text = "import tensorflow as tf\ndef f(x): return x * 2\nfor _ in range(3): f(tf.ones(2))\n"
    assert judged(text, "f").outcome is Outcome.SAME


def test_a_function_that_is_not_there(judged: JudgeText) -> None:
    found = judged("def f(x): return x\n", "g")
    assert (found.outcome, found.detail) == (Outcome.UNDECIDABLE, "no function g at line 0")


def test_nothing_is_written_beside_the_program(judged: JudgeText, tmp_path: Path) -> None:
    judged(
        {
            "main.py": "import other\nopen('out.txt', 'w').write('x')\ndef f(x): return x\nf(1)\n",
            "other.py": "",
        },
        "f",
    )
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["main.py", "other.py"]


def test_speed_is_measured_when_asked_for(judged: JudgeText) -> None:
    text = """
    import tensorflow as tf

    def f(x):
        for _ in range(200):
            x = x * 1.01
        return x

    for _ in range(3):
        f(tf.ones(2))
    """
    found = judged(text, "f", timed=True)
    assert found.timing is not None
    assert found.timing.rounds >= 3
    assert found.timing.eager > 0.0
    assert found.timing.graph > 0.0
    assert judged(text, "f").timing is None


LAZY = """
import tensorflow as tf

class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = tf.keras.layers.Dense(1)
    def call(self, x):
        return self.dense(x)

net = Net()
x, y = tf.ones([4, 2]), tf.zeros([4, 1])
net.compile(tf.keras.optimizers.SGD(0.1), "mse")
for _ in range(3):
    net.fit(x, y, epochs=1, verbose=0)
    print(net(x))
"""


def test_keras_3_freezes_what_keras_2_does_not(judged: JudgeText, keras2_judge: Judge) -> None:
    assert judged(LAZY, "Net.call").outcome is Outcome.RAISES
    assert judged(LAZY, "Net.call", by=keras2_judge).outcome is Outcome.SAME


def test_other_functions_of_the_program_are_traced_along_without_their_decorators(judged: JudgeText) -> None:
    """In the target's graph a `tf.function` of the program leaves no trace of its own, but is converted."""
    text = """
    import tensorflow as tf

    seen = []

    @tf.function
    def helper(x):
        if tf.reduce_sum(x) > 0:
            return x
        return -x

    @tf.function
    def keeps(x):
        return x * 2

    def f(x):
        y = keeps(helper(x))
        assert keeps.__name__ == "keeps"
        return y

    for _ in range(3):
        f(tf.ones(2))
    """
    assert judged(text, "f").outcome is Outcome.SAME


def test_constructors_are_not_called_again_for_the_same_object(judged: JudgeText) -> None:
    text = """
    import tensorflow as tf

    class Meter:
        def __init__(self, size):
            self.values = []
            self.total = tf.zeros(size).numpy()

        def add(self, x):
            self.values.append(x)

    meter = Meter(3)
    for i in range(3):
        meter.add(i)
    """
    found = judged(text, "Meter.__init__")
    assert found.raised is not None  # It asks a tensor for its value; nothing is said about a second call.
    assert found.raised.name == "AttributeError"
    text = text.replace("tf.zeros(size).numpy()", "size")
    assert judged(text, "Meter.__init__").outcome is Outcome.SAME


def test_names_that_are_only_alike_are_not_taken_for_state(judged: JudgeText) -> None:
    """What is bound again elsewhere under the same name doesn't make a constant changeable."""
    text = """
    import tensorflow as tf

    def make(rate):
        def f(x):
            return x * rate
        return f

    def other():
        rate = 1.0
        rate = 2.0
        return rate

    class A:
        def __init__(self):
            self.rate = 1.0
        def g(self, x):
            return x * self.rate

    class B:
        def set(self, rate):
            self.rate = rate

    f = make(0.5)
    a = A()
    for _ in range(3):
        f(tf.ones(2)); a.g(tf.ones(2))
    """
    assert judged(text, "make.<locals>.f").outcome is Outcome.SAME
    assert judged(text, "A.g").outcome is Outcome.SAME
    text = text.replace("f = make(0.5)", "f = make(0.5); A().rate = 3.0")
    assert judged(text, "A.g").outcome is Outcome.DIFFERS


def test_a_program_that_has_been_changed_is_run_anew(judged: JudgeText) -> None:
    text = "import tensorflow as tf\ndef f(x): return x * 2\nprint(f(tf.ones(2)))\n"
    assert judged(text, "f").outcome is Outcome.SAME
    assert judged(text.replace("* 2", "* 3"), "f").outcome is Outcome.SAME


def test_autographs_own_warnings_are_notes_and_no_output(judged: JudgeText) -> None:
    text = """
    import tensorflow as tf

    def f(x):
        for _ in range(2):
            x = x * 2
        else:
            x = x + 1
        return x

    for _ in range(3):
        f(tf.ones(2))
    """
    found = judged(text, "f")
    assert found.outcome is Outcome.SAME, found
    assert "could not transform" in found.notes[0]
