"""The oldest supported release: the differences are consistent with the newest table, and are what is answered."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

import pytest

from graphlift import models
from graphlift.ide.workspace import Settings, Workspace
from graphlift.models import table


@pytest.fixture
def oldest() -> Iterator[None]:
    models.use_release("2.15.1")
    yield
    models.use_release(None)


@pytest.mark.parametrize("file", table.DIFFERING)
def test_differences_are_differences(file: str) -> None:
    header, different = table.read(f"{file}-{table.OLDEST}")
    newest = table.read(file)[1]
    assert header.release.startswith(table.OLDEST)
    assert list(different) == sorted(different)
    assert list(header.missing) == sorted(header.missing)
    assert newest.keys() >= set(header.missing)
    assert not different.keys() & set(header.missing)
    for name, entry in different.items():
        assert entry != newest.get(name), f"{name} is not different"


@pytest.mark.parametrize(
    ("release", "known"),
    [("2.15.1", False), ("2.15.0", False), ("2.14", False), ("2.16.1", True), ("2.21.0", True), (None, True)],
)
def test_names_by_release(release: str | None, known: bool) -> None:
    """`tf.data.experimental.ServiceOptions` came after 2.15; `tf.matmul` was there before."""
    try:
        models.use_release(release)
        assert (models.kind("tensorflow.data.experimental.ServiceOptions") is not None) is known
        assert models.kind("tensorflow.matmul") == "function"
    finally:
        models.use_release(None)


def test_signatures_of_the_oldest_release(oldest: None) -> None:
    entry = table.find("tensorflow.gather_nd")
    assert entry is not None and entry.params == ("params", "indices", "batch_dims=0", "name=None")
    models.use_release("2.21.0")
    entry = table.find("tensorflow.gather_nd")
    assert entry is not None and "bad_indices_policy=''" in entry.params


def test_the_environment_decides(tmp_path: object) -> None:
    try:
        Workspace([str(tmp_path)], Settings(tensorflow="2.15.1"))
        assert table.load("tensorflow").release.startswith("2.15")
        Workspace([str(tmp_path)], Settings(tensorflow="2.21.0"))
        assert table.load("tensorflow").release == table.read("tensorflow")[0].release
    finally:
        models.use_release(None)


@pytest.mark.skipif(
    not metadata.version("tensorflow").startswith(table.OLDEST), reason="needs the oldest supported release"
)
@pytest.mark.parametrize("file", table.DIFFERING)
def test_the_differences_are_those_of_the_installed_release(file: str) -> None:
    from modelgen import build

    made = build.ELSEWHERE[f"{file}-{table.OLDEST}"]()
    header, different = table.read(f"{file}-{table.OLDEST}")
    assert len(made) == 1 + len(different)
    assert header.release == metadata.version("tensorflow" if file == "tensorflow" else "tf_keras")
