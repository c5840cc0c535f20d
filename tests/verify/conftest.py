"""One judge for all these tests, and a way to judge a program that is written in the test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from graphlift.verify import Judge, Judgement, Limits, Plan, Program, Target

JudgeText = Callable[..., Judgement]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tensorflow: needs an installed TensorFlow")


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    with Judge(sys.executable) as one:
        yield one


@pytest.fixture(scope="session")
def keras2_judge() -> Iterator[Judge]:
    with Judge(sys.executable, keras=2) as one:
        yield one


def write(place: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")


@pytest.fixture
def judged(tmp_path: Path, judge: Judge) -> JudgeText:
    """Judge a function of a program: its text (or texts by file name), the function's qualname."""

    def run(
        text: str | dict[str, str],
        qualname: str,
        *,
        file: str = "main.py",
        by: Judge | None = None,
        limits: Limits = Limits(seconds=20),  # noqa: B008 - frozen
        program: Program | None = None,
        **more: object,
    ) -> Judgement:
        write(tmp_path, {"main.py": text} if isinstance(text, str) else text)
        target = Target(str(tmp_path / file), qualname)
        plan = Plan(program or Program(str(tmp_path)), target, limits=limits, **more)
        return (by or judge).judge(plan)

    return run
