"""Compare what Graphlift infers with what TensorFlow shows, and write `docs/soundness.md`.

    python scripts/soundness.py [--check] [--pages] [--python PATH] [PROGRAM ...]

Each program of `tests/programs`, each example and (with `--pages`, or where no program is named) each block of the
literate pages is analysed, run as plain Python and run as it is written. The value of every expression, bound
name, parameter and result that was seen must lie inside the inferred one; `docs/soundness.md` says what that means.

Prints every contradiction. Writes the document unless programs are named. `--check` writes nothing, and compares the
totals with those in the document: the share of what is known may not fall by more than half a point.
Exit status: 0, or 1 when a value is unsound, a total fell, or a program failed in a way that it should not.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.soundness.judge import Precision, Report, judge  # noqa: E402
from tests.soundness.programs import KNOWN, Program, pages, programs, sections  # noqa: E402
from tests.soundness.recorder import MODES, Recorder  # noqa: E402

DOCUMENT = ROOT / "docs" / "soundness.md"

TOLERANCE = 0.5
"""Points of a percentage by which a total may fall."""

REASONS = 12

HEAD = """# Soundness against TensorFlow

What Graphlift says about values, compared with what TensorFlow shows. Written by `python scripts/soundness.py`; do not edit.

Every program is run twice: as plain Python, with `tf.function` and `Dataset.map` executed eagerly, and as it is
written, so that graphs are traced through AutoGraph. The value of every expression, bound name, parameter and result is
noted, and compared with what is inferred for its place.

## What counts as inside

- *Unknown* contains everything, and a union what one of its options contains.
- A tensor, variable or array has the inferred dtype, and its shape has the inferred rank and sizes; equal symbolic
  sizes are equal. What TensorFlow itself does not know while tracing contradicts nothing.
- A constant is that constant, of that type. `int` does not contain `True`, nor `float` a NumPy scalar.
- A container is of the inferred class, its items lie inside item by item where they are told apart, and all of them
  inside the element where they are not. A dictionary with known keys has exactly these.
- An instance is of the inferred class or of a subclass; a function, class or library object is the inferred one.
- A place that is seen running and was held to be unreachable is unsound.

Graphlift interprets code as if it were traced, and keeps beside that what holds in plain Python (`interp.watch`). A value
is inside if it lies in one of the two; so does a Python number or an array that tracing would have turned into
the tensor that is inferred, in code that was not being traced. Lazy built-ins (`zip`, `enumerate`, views of dictionaries)
are described by the tuple of what they give. An array of unknown rank may be a NumPy scalar.

"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare inferred values with TensorFlow's.")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="only these programs")
    parser.add_argument("--check", action="store_true", help="compare with the document and write nothing")
    parser.add_argument("--pages", action="store_true", help="the literate pages, too")
    parser.add_argument("--python", default=sys.executable, help="interpreter that has TensorFlow")
    options = parser.parse_args(arguments)
    wanted = [each for each in programs() if not options.programs or each.name in options.programs]
    unknown = sorted(set(options.programs) - {each.name for each in wanted})
    if unknown:
        print(f"no such program: {', '.join(unknown)}", file=sys.stderr)
        return 2
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        recorders = {3: stack.enter_context(Recorder(3, options.python))}
        reports = [_judged(each, recorders, stack, options.python) for each in wanted]
        blocks: list[Report] = []
        if options.pages or not options.programs:
            blocks = [_judged(each, recorders, stack, options.python) for each in _blocks(place)]
    unsound = sum(len(report.contradictions) for report in (*reports, *blocks) if report.name not in KNOWN)
    failed = [report.name for report in reports if report.errors]
    text = document(reports, blocks)
    print(text if not options.programs else "".join(table(reports)))
    fell = _fallen(text) if options.check else []
    for line in (*fell, *(f"{name} failed" for name in failed)):
        print(line, file=sys.stderr)
    if not options.check and not options.programs:
        DOCUMENT.write_text(text, "utf-8")
    return int(bool(unsound or failed or fell))


def _blocks(place: Path) -> Iterator[Program]:
    for page in pages():
        folder = place / page.stem
        folder.mkdir()
        yield from sections(page, folder)


def _judged(program: Program, recorders: dict[int, Recorder], stack: ExitStack, python: str) -> Report:
    if program.keras not in recorders:
        recorders[program.keras] = stack.enter_context(Recorder(program.keras, python))
    report = judge(program, recorders[program.keras], MODES)
    for each in report.contradictions:
        print(f"{report.name}: {each}", flush=True)
    return report


def table(reports: Sequence[Report]) -> Iterator[str]:
    """One row for each program, and the total."""
    yield "| program | values seen | unsound | names with tensors | dtype | rank | shape |\n"
    yield "|---|---|---|---|---|---|---|\n"
    for report in sorted(reports, key=lambda each: each.name):
        yield _row(report.name, report.values, len(report.contradictions), report.names)
    values = sum(report.values for report in reports)
    unsound = sum(len(report.contradictions) for report in reports)
    yield _row("**all names**", values, unsound, sum((report.names for report in reports), Precision()))
    yield _row(
        "**all expressions**", values, unsound, sum((report.expressions for report in reports), Precision())
    )


def _row(name: str, values: int, unsound: int, found: Precision) -> str:
    shares = " | ".join(_share(part, found.places) for part in (found.dtype, found.rank, found.shape))
    return f"| {name} | {values} | {unsound} | {found.places} | {shares} |\n"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "–"


def document(reports: Sequence[Report], blocks: Sequence[Report]) -> str:
    """The whole document."""
    reasons: Counter[str] = Counter()
    for report in reports:
        reasons.update(report.reasons)
    whole = sum((report.expressions for report in reports), Precision())
    values = sum(report.values for report in blocks)
    unsound = sum(len(report.contradictions) for report in blocks)
    known = sum(len(report.contradictions) for report in blocks if report.name in KNOWN)
    lines = [
        HEAD,
        "## The programs and the examples\n\n",
        "The share, in per cent, of the places that held tensors or variables where dtype, rank and exact shape are known. ",
        "A size counts as known where it is a number, or took several values in the run.\n\n",
        *table(reports),
        "\n## The literate pages\n\n",
        f"{len(blocks)} blocks, {values} values seen, {unsound} unsound, of which {known} are known:\n\n",
        *(f"- {name}: {reason}\n" for name, reason in KNOWN.items()),
        "\n## Where precision is lost\n\n",
        f"Of {whole.places} expressions that held tensors, {whole.places - whole.shape} have no exact shape. ",
        "The first reasons:\n\n",
        *(f"- {count}: {reason}\n" for reason, count in reasons.most_common(REASONS)),
    ]
    return "".join(lines)


def _fallen(text: str) -> list[str]:
    """Totals that are worse than those that the document on disk holds."""
    before, after = _totals(DOCUMENT.read_text("utf-8")), _totals(text)
    return [
        f"{name}: {then} fell to {now}"
        for name, shares in before.items()
        for then, now in zip(shares, after[name], strict=True)
        if now < then - TOLERANCE
    ]


def _totals(text: str) -> dict[str, list[float]]:
    rows = re.findall(r"^\| \*\*(.+?)\*\* \|(.+)\|$", text, re.MULTILINE)
    return {name: [float(cell) for cell in cells.split("|")[-3:]] for name, cells in rows}


if __name__ == "__main__":
    sys.exit(main())
