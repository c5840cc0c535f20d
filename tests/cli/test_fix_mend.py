"""`graphlift fix --only mend`: edits on the lines that keep functions from running as graphs."""

BLOCKED = """import numpy as np
import tensorflow as tf


def part(x):
    return tf.reduce_sum(np.square(x)) + tf.reduce_sum(tf.sin(x))


def scaled(x):
    y = tf.sin(x) * tf.cos(x) + tf.tanh(x)
    return y * part(x) - tf.exp(y)


def noisy(x):
    y = tf.sin(x) * tf.cos(x) + tf.tanh(x) * tf.exp(x)
    print(f"so far {y}")
    return y * tf.exp(x) + tf.sin(y) * tf.cos(y) + tf.tanh(y) * tf.exp(y)


for n in range(3):
    scaled(tf.ones([3]) * float(n))
    noisy(tf.ones([3]) * float(n))
"""


def mended(text: str) -> str:
    return text.replace("np.square", "tf.square").replace("def scaled", "@tf.function\ndef scaled")


def test_nothing_is_mended_unasked(graphlift, place):
    (place / "a.py").write_text(BLOCKED)
    assert graphlift("fix", ".").code == 0
    assert (place / "a.py").read_text() == BLOCKED


def test_safe_edits_on_request(graphlift, place):
    (place / "a.py").write_text(BLOCKED)
    result = graphlift("fix", "--only", "mend", ".")
    assert result.code == 0
    assert "1 mended" in result.err
    assert "1 edit rests on assumptions" in result.err
    assert (place / "a.py").read_text() == mended(BLOCKED)


def test_unsafe_edits_on_insistence(graphlift, place):
    (place / "a.py").write_text(BLOCKED)
    assert graphlift("fix", "--only", "mend", "--assumed", ".").code == 0
    expected = mended(BLOCKED).replace('print(f"so far {y}")', 'tf.print("so far ", y, sep="")')
    assert (place / "a.py").read_text() == expected.replace("def noisy", "@tf.function\ndef noisy")


def test_newlines_and_mark_stay(graphlift, place):
    data = b"\xef\xbb\xbf" + BLOCKED.replace("\n", "\r\n").encode()
    (place / "a.py").write_bytes(data)
    assert graphlift("fix", "--only", "mend", ".").code == 0
    expected = b"\xef\xbb\xbf" + mended(BLOCKED).replace("\n", "\r\n").encode()
    assert (place / "a.py").read_bytes() == expected
