"""What a test that fails tells: where on the page, what was expected, what was found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .page import Section, Snapshot, SourceFile, read_page


@dataclass(frozen=True)
class Failure:
    """One disagreement. `line` counts in the file; `snapshot` is set where a block of output differs."""

    file: SourceFile
    line: int
    expected: str
    actual: str
    snapshot: Snapshot | None = None


def render(section: Section, failures: list[Failure]) -> str:
    """All disagreements of one test, in the page's order."""
    page = _relative(section.page)
    parts = [f"{page}:{section.line}: {section.title}"]
    for failure in sorted(failures, key=lambda f: (f.file.page_line(f.line), f.expected)):
        where = failure.file.page_line(failure.line)
        source = failure.file.text.splitlines()[failure.line - 1] if failure.line else ""
        parts.append(
            f"{page}:{where}\n    {source.strip()}\n"
            f"  expected: {_indented(failure.expected)}\n  actual:   {_indented(failure.actual)}"
        )
    return "\n\n".join(parts)


def _indented(text: str) -> str:
    return text.replace("\n", "\n            ")


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def update_snapshots(section: Section, failures: list[Failure]) -> int:
    """Write the actual output into the page's blocks; how many were changed.

    The page is read again: what was written under earlier headings has moved the blocks.
    """
    now = next(each for each in read_page(section.page) if each.title == section.title)
    places = dict(zip(section.snapshots, now.snapshots, strict=True))
    changed = sorted(
        ((places[failure.snapshot], failure.actual) for failure in failures if failure.snapshot is not None),
        key=lambda pair: pair[0].first,
        reverse=True,
    )
    lines = section.page.read_text(encoding="utf-8").split("\n")
    for snapshot, actual in changed:
        lines[snapshot.first - 1 : snapshot.last] = actual.rstrip("\n").split("\n")
    section.page.write_text("\n".join(lines), encoding="utf-8")
    return len(changed)
