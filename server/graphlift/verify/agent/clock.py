"""A steady clock for the program: each reading is an eighth of a second later than the one before.

Sleeping only moves the clock on. Libraries see the real clock. So a program that prints how long it took prints
the same in every run, and a function that reads the clock gets another time at each call: what a trace freezes
of it shows.
"""

from __future__ import annotations

import datetime
import functools
import time
from collections.abc import Callable
from typing import Any

from .frames import ProgramFiles
from .marks import hidden

_REAL_DATETIME = datetime.datetime
_UTC = datetime.timezone.utc


def hold_clock(files: ProgramFiles) -> None:
    """Let the program read a counter for a clock."""
    clock = _Clock(files)
    for name in ("time", "perf_counter", "monotonic", "process_time"):
        setattr(time, name, clock.reading(getattr(time, name), float))
        setattr(time, f"{name}_ns", clock.reading(getattr(time, f"{name}_ns"), lambda now: int(now * 1e9)))
    for name in ("localtime", "gmtime", "strftime", "ctime"):
        setattr(time, name, clock.calendar(getattr(time, name)))
    time.sleep = clock.sleeping(time.sleep)
    datetime.datetime = clock.datetime()  # type: ignore[misc, assignment]


class _Clock:
    START = 100.0
    """Near zero, so that two readings differ in float32 too."""
    TICK = 0.125

    def __init__(self, files: ProgramFiles) -> None:
        self.files = files
        self.now = self.START

    def tick(self) -> float:
        self.now += self.TICK
        return self.now

    def reading(self, original: Callable[[], Any], convert: Callable[[float], Any]) -> Callable[[], Any]:
        @functools.wraps(original)
        def read() -> Any:
            return convert(self.tick()) if self.files.is_calling() else original()

        return hidden(read)

    def calendar(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """The functions of `time` that take the present time when they are given none."""
        needs_format = original.__name__ == "strftime"

        @functools.wraps(original)
        def read(*args: Any) -> Any:
            if self.files.is_calling() and len(args) == int(needs_format):
                now = self.tick()
                args = (*args, time.gmtime(now) if needs_format else now)
            return original(*args)

        return hidden(read)

    def sleeping(self, original: Callable[[Any], None]) -> Callable[[Any], None]:
        @functools.wraps(original)
        def sleep(seconds: Any) -> None:
            if not self.files.is_calling():
                original(seconds)
            elif seconds < 0:
                raise ValueError("sleep length must be non-negative")
            else:
                self.now += seconds

        return hidden(sleep)

    def datetime(self) -> type:
        """A stand-in for `datetime.datetime` that tells the steady time, and knows real ones as its own."""
        clock = self

        class Steady(_REAL_DATETIME, metaclass=_LikeReal):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                if not clock.files.is_calling():
                    return _REAL_DATETIME.now(tz)
                moment = _REAL_DATETIME.fromtimestamp(clock.tick(), tz or _UTC)
                return moment.replace(tzinfo=None) if tz is None else moment

            @classmethod
            def utcnow(cls) -> Any:
                steady = clock.files.is_calling()
                moment = (
                    _REAL_DATETIME.fromtimestamp(clock.tick(), _UTC) if steady else _REAL_DATETIME.now(_UTC)
                )
                return moment.replace(tzinfo=None)

            @classmethod
            def today(cls) -> Any:
                if not clock.files.is_calling():
                    return _REAL_DATETIME.today()
                return _REAL_DATETIME.fromtimestamp(clock.tick(), _UTC).replace(tzinfo=None)

        Steady.__name__ = Steady.__qualname__ = "datetime"
        Steady.__module__ = "datetime"
        return Steady


class _LikeReal(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _REAL_DATETIME)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, _REAL_DATETIME)
