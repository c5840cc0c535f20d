"""The tables: well-formed, in step with the installed releases, and right on calls that nobody looked at before."""

from __future__ import annotations

import ast
import os
import random
import zlib
from pathlib import Path
from typing import Any

import pytest

from graphlift import models
from graphlift.models import HAZARDS, Arguments, rules, table
from graphlift.models.answer import _one
from graphlift.models.call import parsed
from graphlift.values import Unknown, display
from modelgen import build, judge, surface, trials
from tests.models.support import FakeHost

DATA = Path(table.__file__).parent / "data"
EVERY = bool(os.environ.get("GRAPHLIFT_EVERY_MODEL"))
"""Whether all functions are tried out rather than a sample of them."""


@pytest.mark.parametrize("file", table.FILES)
def test_every_expression_evaluates(file: str) -> None:
    loaded = table.load(file)
    host = FakeHost(2 if file == "keras2" else 3)
    known = rules.RESULT_RULES.keys() | rules.DTYPE_RULES.keys() | rules.SHAPE_RULES.keys()
    for entry in loaded.entries.values():
        parsed(entry.params)
        if entry.returns:
            used = {n.func.id for n in ast.walk(rules.parse(entry.returns)) if isinstance(n, ast.Call)}  # type: ignore[attr-defined]
            assert used <= known, entry.name
        if entry.kind == "constant":
            models.constant(entry.name)
        elif entry.kind != "module":
            for given in (
                Arguments(),
                Arguments((Unknown("x"),) * 4),
                Arguments(star=True, double_star=True),
            ):
                _one(entry, given, host, Unknown("self"))


@pytest.mark.parametrize("file", table.FILES)
def test_flags_are_hazards_or_marks(file: str) -> None:
    marks = {"stateful", "random", "pure", "refuses-tensors", "takes-symbolic", "composite", "ragged"}
    for entry in table.load(file).entries.values():
        for flag in entry.flags:
            assert flag in HAZARDS or flag in marks or flag.startswith("callback:"), (entry.name, flag)


@pytest.mark.parametrize("file", table.FILES)
def test_names_are_sorted_and_aliases_lead_to_one_entry(file: str) -> None:
    loaded = table.load(file)
    assert list(loaded.entries) == sorted(loaded.entries)
    seen: dict[str, str] = {}
    for entry in loaded.entries.values():
        for alias in entry.aliases:
            assert seen.setdefault(alias, entry.name) == entry.name


@pytest.mark.parametrize("file", table.FILES)
def test_the_tables_are_those_of_the_installed_releases(file: str) -> None:
    if file == "probability":
        pytest.importorskip("tensorflow_probability")
    made = (build.TABLES | build.ELSEWHERE)[file]()
    assert made == (DATA / f"{file}.jsonl").read_text(encoding="utf-8").splitlines(), (
        "run `python scripts/make_models.py`"
    )


def functions(file: str) -> dict[str, Any]:
    if file == "tensorflow":
        import tensorflow as tf

        return dict(surface.public(tf, "tensorflow", "tensorflow"))
    if file == "numpy":
        import numpy

        return dict(surface.public(numpy, "numpy", "numpy"))
    if file == "keras3":
        import keras

        return dict(surface.public(keras, "keras", "keras"))
    import tf_keras

    return {"keras" + name[8:]: value for name, value in surface.public(tf_keras, "tf_keras", "tf_keras")}


NOT_TRIED = {
    "seed",
    "io",
    "global-state",
    "makes-graph-function",
    "mode-dependent",
    "creates-variable",
    "creates-state",
}


def tried(file: str) -> list[str]:
    names = [
        entry.name
        for entry in table.load(file).entries.values()
        if entry.kind == "function"
        and entry.returns
        and not entry.returns.startswith("unknown(")
        and not NOT_TRIED.intersection(entry.flags)
        and not any(flag.startswith("callback:") for flag in entry.flags)
        and entry.name not in build.NOT_TRIED
    ]
    return names if EVERY else [name for name in names if zlib.crc32(name.encode()) % 8 == 0]


@pytest.mark.parametrize("file", ["tensorflow", "keras3", "keras2", "numpy"])
def test_what_the_tables_say_of_functions_is_what_happens(file: str) -> None:
    objects = functions(file)
    host = judge.Silent(2 if file == "keras2" else 3)
    wrong: list[str] = []
    for name in tried(file):
        entry = table.load(file).entries[name]
        if name not in objects:
            continue
        for seed, trial in enumerate(trials.collect(entry, objects[name], range(7000, 7060), enough=25)):
            chance = random.Random(seed)
            vague = tuple((given, judge.weakened(value, chance)) for given, value in trial.arguments)
            for given in (trial.arguments, vague):
                inferred = judge.answer(name, given, entry.params, host)
                if not judge.within(trial.result, inferred) and not any(
                    w.startswith(f"{name}(") for w in wrong
                ):
                    call = ", ".join(f"{parameter}={display(value)}" for parameter, value in given)
                    wrong.append(f"{name}({call}) gave {display(trial.result)}, not {display(inferred)}")
    assert not wrong, "\n".join(wrong[:40])
