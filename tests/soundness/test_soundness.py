"""Every value that a program shows under TensorFlow lies inside the one that is inferred for its place."""

from __future__ import annotations

import pytest

from .judge import judge
from .programs import AS_WRITTEN, KNOWN, KNOWN_PROGRAMS, pages, programs, sections

PROGRAMS = programs()
PAGES = pages()


@pytest.mark.tensorflow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_program(program, recorder_for):
    mode = "graph" if program.name in AS_WRITTEN else "eager"
    report = judge(program, recorder_for(program.keras), [mode])
    assert report.places
    if program.name in KNOWN_PROGRAMS:
        assert report.contradictions, "no longer unsound: take it out of KNOWN_PROGRAMS"
        return
    assert not report.errors
    assert not report.contradictions, "\n".join(map(str, report.contradictions))


@pytest.mark.tensorflow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page, recorder_for, tmp_path):
    unsound = {}
    blocks = sections(page, tmp_path)
    for program in blocks:
        report = judge(program, recorder_for(program.keras), ["eager"])
        if report.contradictions:
            unsound[program.name] = report.contradictions
    expected = {program.name for program in blocks} & KNOWN.keys()
    wrong = [f"{name}: {each}" for name, found in unsound.items() if name not in expected for each in found]
    assert not wrong, "\n".join(wrong)
    assert unsound.keys() == expected, "no longer unsound: take it out of KNOWN"
