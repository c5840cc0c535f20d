"""The page of memory that the server and the analysis process share."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from graphlift.worker import page as module
from graphlift.worker.page import Bell, Page


def talk(one: Page, other: Page) -> None:
    one.ring(Bell.ANY)
    assert other.rung(Bell.ANY) == 1
    other.set_heard(1)
    assert one.pulse() is None
    other.set_busy(True)
    other.beat()
    assert one.pulse() == 1


@pytest.mark.skipif(os.name != "posix", reason="other systems find the page by its path")
def test_a_page_that_is_inherited_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = Page.create()
    [handle] = made.handles
    other = Page.attach(str(os.dup(handle)))
    assert made.name == str(handle)
    assert list(tmp_path.iterdir()) == []
    made.started()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)
    talk(made, other)
    made.close()
    other.close()


def test_a_page_with_a_name_is_removed_when_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module, "_INHERITED", False)
    made = Page.create()
    assert made.handles == ()
    other = Page.attach(made.name)
    made.started()
    talk(made, other)
    other.close()
    assert [str(path) for path in tmp_path.iterdir()] == [made.name]
    made.close()
    assert list(tmp_path.iterdir()) == []
