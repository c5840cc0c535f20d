"""What TensorFlow does with small programs, one trap each."""

from __future__ import annotations

import pytest

from graphlift.verify import Outcome
from graphlift.verify.report import What

from .conftest import JudgeText

pytestmark = pytest.mark.tensorflow

CASES = {
    "pure": ("same", "", "def f(x): return tf.sin(x) + 1.0", "f(X)"),
    "branch on a tensor": ("same", "", "def f(x):\n  if tf.reduce_sum(x) > 0: return x\n  return -x", "f(X)"),
    "variable assigned": ("same", "", "v = tf.Variable(1.0)\ndef f(x): v.assign_add(1.0); return x * v", "f(X)"),
    "always raises": ("same", "", "def f(x): raise ValueError('no 3')", "try: f(X)\n  except ValueError: pass"),
    "tf.print": ("same", "", "def f(x): tf.print('x is', x); return x", "f(X)"),
    "Python number": ("differs", "result is the float", "def f(x): return float(x[0])", "f(X)"),
    "string in a tuple": ("differs", "result[1] is the str", "def f(x): return x, 'a'", "f(X)"),
    "array": ("differs", "NumPy array", "def f(x): return np.ones(2)", "f(X)"),
    "variable returned": ("differs", "a variable", "v = tf.Variable(1.0)\ndef f(x): return v", "f(X)"),
    "leak": ("differs", "symbolic", "seen = []\ndef f(x): seen.append(x * 2); return x", "f(X)"),
    "counter": ("differs", "n is the int 2", "n = 0\ndef f(x):\n  global n\n  n += 1\n  return x", "f(X)"),
    "default that grows": ("raises", "should not modify", "def f(x, l=[]): l.append(1); return x", "f(X)"),
    "print": ("differs", "printed text", "def f(x): print('hello'); return x", "f(X)"),
    "log": ("differs", "the log", "def f(x): logging.warning('hello'); return x", "f(X)"),
    "warning shown once either way": ("same", "", "def f(x): warnings.warn('hello', stacklevel=1); return x", "f(X)"),
    "global changed": ("differs", "result", "s = 1.0\ndef f(x): return x * s", "f(X); s += 1"),
    "Python random": ("differs", "result", "def f(x): return x + random.random()", "f(X)"),
    "NumPy random": ("differs", "result", "def f(x): return x + np.random.rand()", "f(X)"),
    "unseeded generator": ("differs", "result", "g = np.random.default_rng()\ndef f(x): return x + g.random()", "f(X)"),
    "clock": ("differs", "result", "def f(x): return x + time.time()", "f(X)"),
    "date": ("differs", "result", "def f(x): return x + datetime.datetime.now().timestamp()", "f(X)"),
    "message": ("differs", "message", "def f(x): raise ValueError(f'no {x}')", "try: f(X)\n  except ValueError: 0"),
    "swallowed": ("differs", "result", "def f(x):\n  try: return x.numpy() + x\n  except Exception: return x", "f(X)"),
    "numpy": ("raises", "AttributeError", "def f(x): return x.numpy() + 1", "f(X)"),
    "iteration": ("raises", "OperatorNotAllowed", "def f(x): return [a for a in x]", "f(X)"),
    "variable made": ("raises", "singleton", "def f(x): return tf.Variable(1.0) * x", "f(X)"),
    "object returned": ("raises", "TypeError", "def f(x): return object()", "f(X)"),
    "number varies": ("retraces", "5 traces for 5 calls", "def f(x, n): return x * n", "f(X, i)"),
    "shape varies": ("retraces", "5 traces for 5 calls", "def f(x): return x * 2", "f(tf.ones([i + 1]))"),
    "made anew": ("retraces", "5 traces", "def g(x):\n  def f(y): return y * 2\n  return f(x)", "g(X)"),
    "flag": ("same", "", "def f(x, up): return x + 1 if up else x - 1", "f(X, i % 2 == 0)"),
    "last batch": ("same", "", "def f(x): return x * 2", "f(tf.ones([2 if i == 4 else 4]))"),
    "not called": ("undecidable", "never calls f", "def f(x): return x", "pass"),
    "address": ("undecidable", "differs from itself", "def f(x): return x + float(id(object()) % 997)", "f(X)"),
    "program fails": ("undecidable", "ZeroDivisionError", "def f(x): return x", "1 / 0"),
}  # fmt: skip

HEAD = """
import datetime, logging, random, time, warnings
import numpy as np
import tensorflow as tf
X = tf.constant([1.0, 2.0])
"""


@pytest.mark.parametrize("name", CASES)
def test_outcome(name: str, judged: JudgeText) -> None:
    outcome, detail, definition, call = CASES[name]
    text = f"{HEAD}\n{definition}\nfor i in range(5):\n  {call}\n"
    qualname = "g.<locals>.f" if "def g" in definition else "f"
    found = judged(text, qualname)
    assert (found.outcome.value, detail in found.detail) == (outcome, True), found


def test_tensorflows_random_numbers_are_the_same_stream_both_ways(judged: JudgeText) -> None:
    text = """
    import tensorflow as tf

    def f(x):
        tf.random.set_seed
        total = tf.zeros([])
        for _ in tf.range(3):
            total += tf.random.normal([]) + tf.random.uniform([], maxval=2.0)
        return {
            "total": total,
            "int": tf.random.uniform([4], maxval=9, dtype=tf.int32),
            "truncated": tf.random.truncated_normal([2]),
            "gamma": tf.random.gamma([2], alpha=[0.5, 1.5]),
            "poisson": tf.random.poisson([3], lam=[2.0]),
            "drawn": tf.random.categorical(tf.math.log([[0.5, 0.5]]), 3),
            "shuffled": tf.random.shuffle(x),
            "dropped": tf.nn.dropout(x, 0.5),
        }

    tf.random.set_seed(7)
    for _ in range(3):
        print(f(tf.range(6.0)))
    """
    found = judged(text, "f")
    assert found.outcome is Outcome.SAME, found


def test_a_dataset_iterated_by_python_hangs_and_says_where(judged: JudgeText) -> None:
    text = """
    import tensorflow as tf

    data = tf.data.Dataset.range(3)

    def f():
        return [item for item in data]

    for _ in range(3):
        f()
    """
    found = judged(text, "f")
    assert found.outcome is Outcome.HANGS
    assert "at the time limit" in found.detail


def test_a_file_that_is_written_once_per_trace(judged: JudgeText) -> None:
    text = """
    import tensorflow as tf

    def f(x):
        with open("log.txt", "a") as file:
            file.write("called\\n")
        return x

    for _ in range(3):
        f(tf.ones(2))
    """
    found = judged(text, "f")
    assert found.difference is not None
    assert found.difference.what is What.FILE
    assert found.difference.where == "the file log.txt"


def test_state_that_changes_after_the_last_call_is_changed_for_the_judge(judged: JudgeText) -> None:
    text = """
    import tensorflow as tf

    class Scaler:
        def __init__(self, bias):
            self.factor = 1.0
            self.bias = bias

        def warm_up(self):
            self.factor = 0.1

        def {name}(self, x):
            return x * self.{read}

    scaler = Scaler(0.5)
    for _ in range(3):
        scaler.{name}(tf.ones(2))
    """
    found = judged(text.format(name="scale", read="factor"), "Scaler.scale")
    assert found.difference is not None
    assert found.difference.phase == "captured"
    # What only `__init__` sets is a constant: a graph may freeze it.
    assert judged(text.format(name="shift", read="bias"), "Scaler.shift").outcome is Outcome.SAME


def test_a_flag_that_is_set_for_good_is_not_turned_back(judged: JudgeText) -> None:
    text = """
    import tensorflow as tf

    class Lazy:
        def __init__(self):
            self.ready = False
            self.w = None

        def prepare(self):
            self.w = tf.Variable(2.0)
            self.ready = True

        def apply(self, x):
            if not self.ready:
                self.prepare()
            return x * self.w

    lazy = Lazy()
    lazy.prepare()
    for _ in range(3):
        lazy.apply(tf.ones(2))
    """
    assert judged(text, "Lazy.apply").outcome is Outcome.SAME
