"""The report of an edited file before the workspace has settled: what was not edited is not judged again."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphlift.facts import Program
from tests.analysis.support import workspace
from tests.analysis.test_incremental import LIBRARY, MAIN


def test_a_report_judges_the_edited_modules_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = workspace(tmp_path, {"library.py": LIBRARY, "main.py": MAIN})
    main, library = str(tmp_path / "main.py"), str(tmp_path / "library.py")
    made.report(main)
    judged: list[str] = []
    facts = Program.facts
    monkeypatch.setattr(Program, "facts", lambda self, name: judged.append(name) or facts(self, name))
    made.open(library, made.text(library).replace("tf.sin", "tf.cos"))
    made.report(library)
    assert set(judged) == {"library:scale", "library:note"}
    judged.clear()
    made.open(main, made.text(main).replace("tf.cos", "tf.sin"))
    made.open(library, made.text(library).replace("LOG.append(x)", "pass"))
    made.report(main)
    assert set(judged) == {"library:scale", "library:note", "main:Model.__init__", "main:Model.step"}
    judged.clear()
    made.settle()
    made.report(main)
    assert len(judged) == 4
