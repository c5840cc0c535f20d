"""Bytes that are the same for equal values in every process, and that come back as the value."""

import subprocess
import sys

import msgspec
import pytest

from graphlift.engine import codec


class Tagged(msgspec.Struct, frozen=True, tag=True):
    names: frozenset[str]
    number: int = 0


class Compact(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    inner: Tagged
    more: tuple[int, ...] = ()


SAMPLES = {
    "dict[int, str]": "{3: 'c', 1: 'a', -2: 'b'}",
    "frozenset[Tagged]": "frozenset({Tagged(frozenset('xyz'), 1), Tagged(frozenset('abc'))})",
    "frozenset[str | int | None]": "frozenset({'a', 'b', 1, 2, None})",
    "dict[tuple[str, int], frozenset[str]]": "{('b', 1): frozenset('defg'), ('a', 2): frozenset('klmn')}",
    "dict[Tagged, Compact]": "{Tagged(frozenset('pq'), 4): Compact(Tagged(frozenset('rstu')), (1, 2))}",
    "list[dict[int, Tagged]]": "[{2: Tagged(frozenset('xyz')), 1: Tagged(frozenset('xw'))}]",
}


@pytest.mark.parametrize("declared", SAMPLES)
def test_what_msgspec_does_not_order_comes_back(declared):
    value = eval(SAMPLES[declared])
    assert msgspec.msgpack.decode(codec.encode(value), type=eval(declared)) == value


def test_large_dicts_come_back():
    value = {number: str(number) for number in range(70_000)}
    assert msgspec.msgpack.decode(codec.encode(value), type=dict[int, str]) == value


def test_bytes_do_not_depend_on_the_hash_seed():
    script = (
        "import test_engine_codec as t; print([t.codec.encode(eval(s, vars(t))) for s in t.SAMPLES.values()])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "123"
    }
    assert len(outputs) == 1
    assert len(outputs.pop()) > 300


def test_equal_content_of_other_types_has_other_bytes_where_it_matters():
    different = [1, True, "1", b"1", 1.0, None, (1,)]
    assert len({codec.encode(value) for value in different}) == len(different)
