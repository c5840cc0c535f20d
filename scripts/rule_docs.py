"""Writes docs/rules (a page for each rule and an index) and docs/sharp-bits.md, from docstrings and pages of tests.

    python scripts/rule_docs.py [--check]

With `--check` nothing is written, and the exit code is 1 when a page is not what it would be now.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.mdtest.harness.expect import expectations, graph, verdict  # noqa: E402
from tests.mdtest.harness.graphs import qualname_at  # noqa: E402
from tests.mdtest.harness.page import MAIN, Section, SourceFile, read_page  # noqa: E402
from tests.mdtest.harness.proof import Proof, prove  # noqa: E402

from graphlift.rules.base import Consequence, RuleModule, all_rules  # noqa: E402
from graphlift.rules.notices import Notice, all_notices  # noqa: E402
from graphlift.source.rule_names import rule_page  # noqa: E402

DOCS = ROOT / "docs" / "rules"
PAGES = ROOT / "tests" / "mdtest" / "rules"
STORIES = ROOT / "tests" / "mdtest" / "stories" / "sharp-bits.md"
SUBJECTS: list[RuleModule | Notice] = sorted([*all_rules(), *all_notices()], key=lambda each: each.name)

KINDS = {
    Consequence.RAISES: ("Tracing raises", "tracing it, or the second call, raises"),
    Consequence.DIFFERS: ("A graph does something else", "a graph does something else, without an error"),
    Consequence.BROKEN: ("It raises anyway", "it raises, as a graph and without"),
    Consequence.RETRACES: ("Traced again and again", "each new value or object is traced anew"),
    Consequence.NO_GAIN: ("Nothing to gain", "a graph gains nothing"),
    Consequence.OPTIONS: (
        "Other arguments for `tf.function`",
        "other arguments of the `tf.function` are right",
    ),
    Consequence.UNSEEN: ("Not seen", "what decides cannot be seen"),
}
NOTICES = "Notices"

OUTCOMES = {
    "same": "the graph does what eager execution does",
    "differs": "the graph does something else",
    "retraces": "the graph is traced again and again",
    "hangs": "tracing does not end",
}


def consequence(subject: RuleModule | Notice) -> Consequence | None:
    """What a rule's finding means; `None` for notices."""
    return subject.rule.consequence if isinstance(subject, RuleModule) else None


def document(subject: RuleModule | Notice) -> str:
    """The page of one rule."""
    text = rule_page(subject.name)
    assert text is not None
    found = [prove(section) for section in read_page(PAGES / f"{subject.name}.md")]
    bad = next(each for each in found if not each.twin and subject.name in each.rules and each.outcomes)
    good = next(each for each in found if each.twin and each.spares([subject.name]))
    parts = [
        text.rstrip("\n"),
        "## In short",
        _properties(subject),
        "## Judged examples",
        f"From the [tests]({_up(PAGES / subject.name)}.md), each run by TensorFlow eagerly and as a graph.",
        _example("Reported", bad),
        _example("Not reported", good),
    ]
    return "\n\n".join(parts) + "\n"


def _properties(subject: RuleModule | Notice) -> str:
    kind = consequence(subject)
    severity = subject.severity if isinstance(subject, Notice) else subject.rule.severity
    since = subject.since if isinstance(subject, Notice) else subject.rule.since
    meaning = f"{KINDS[kind][1]}; " if kind is not None else "a notice, no finding about what tracing does; "
    return (
        f"Reported as {severity.value}: {meaning}since version {since}. Off with `ignore = "
        f'["{subject.name}"]` in the [settings](../configuration.md), or where it stands with '
        f"`# graphlift: ignore[{subject.name}]` ([suppression](../suppression.md))."
    )


def _example(word: str, proof: Proof) -> str:
    section = proof.section
    title = section.title.removeprefix("Twin: ")
    shown = [f"### {word}: {title[0].lower() + title[1:] if title[:1].isalpha() else title}"]
    for file in section.versions[0]:
        if len(section.versions[0]) > 1 or file.name != MAIN:
            shown.append(f"`{file.name}`:")
        shown.append(f"```python\n{_without_assertions(file)}\n```")
    if section.settings:
        shown.append(f"With the setting `{section.settings.strip()}`.")
    shown += _judgements(section)
    return "\n\n".join(shown)


def _judgements(section: Section, folder: str = "") -> list[str]:
    """What TensorFlow and Graphlift say of the judged functions; `folder` is where the rules' pages are."""
    said = []
    for file in section.versions[0]:
        wanted = expectations(file)
        for each in wanted:
            if each.kind != "graph":
                continue
            outcome = graph(each)
            words = OUTCOMES.get(outcome.outcome, f"the graph raises `{outcome.error}`")
            ours = [verdict(v) for v in wanted if v.kind == "verdict" and v.line == each.line]
            names = ", ".join(
                f"[`{name}`]({folder}{name}.md)" for v in ours for name in sorted(v.rules or ())
            )
            answer = f" Graphlift says `{ours[0].verdict}`" if ours else ""
            answer += f" because of {names}." if names else "." * bool(ours)
            said.append(f"TensorFlow on `{qualname_at(file, each.line)}`: {words}.{answer}")
    return said


def _without_assertions(file: SourceFile) -> str:
    """A file's text without the comments of the test."""
    lines: list[str] = []
    comments = {
        token.start[0]: token.start[1]
        for token in tokenize.generate_tokens(io.StringIO(file.text).readline)
        if token.type == tokenize.COMMENT and _asserts(file, token)
    }
    for number, line in enumerate(file.text.splitlines(), 1):
        if number not in comments:
            lines.append(line)
        elif line[: comments[number]].strip():
            lines.append(line[: comments[number]].rstrip())
    return "\n".join(lines).strip("\n")


def _asserts(file: SourceFile, token: tokenize.TokenInfo) -> bool:
    alone = SourceFile(file.name, f"{token.string}\npass\n", ())
    return bool(expectations(alone))


def _up(path: Path) -> str:
    return f"../../{path.relative_to(ROOT).as_posix()}"


def index() -> str:
    """The index of all rules, by what they mean."""
    lines = [
        "# Rules",
        "",
        "What Graphlift reports, by what it means when a function runs as a graph. `graphlift rule NAME` prints a rule's",
        "page; an editor opens it from the diagnostic. Written by `python scripts/rule_docs.py`; do not edit.",
    ]
    groups = [*((title, kind) for kind, (title, _) in KINDS.items()), (NOTICES, None)]
    for title, kind in groups:
        lines += ["", f"## {title}", "", "| rule | what |", "|---|---|"]
        lines += [
            f"| [`{each.name}`]({each.name}.md) | {each.title.replace('|', chr(92) + '|')} |"
            for each in SUBJECTS
            if consequence(each) is kind
        ]
    return "\n".join(lines) + "\n"


def stories() -> str:
    """The stories, with what was judged below each program."""
    told = {section.title: section for section in read_page(STORIES)}
    parts = []
    for part in re.split(r"(?m)^(?=## )", STORIES.read_text(encoding="utf-8")):
        section = told.get(part.partition("\n")[0].removeprefix("## "))
        shown = re.sub(r"(?ms)^```py\n(.*?)^```$", _shown_block, part).strip()
        parts.append("\n\n".join([shown, *(_judgements(section, "rules/") if section else [])]))
    parts.insert(
        1,
        f"The programs are [tests]({_up(STORIES)[3:]}); the rules that see them are in [the index](rules/README.md). "
        "Written by `python scripts/rule_docs.py`; do not edit.",
    )
    return "\n\n".join(parts) + "\n"


def _shown_block(match: re.Match[str]) -> str:
    return f"```python\n{_without_assertions(SourceFile(MAIN, match[1], ()))}\n```"


def files() -> dict[Path, str]:
    """Every file with its present text."""
    pages = {DOCS / f"{subject.name}.md": document(subject) for subject in SUBJECTS}
    return {**pages, DOCS / "README.md": index(), DOCS.parent / "sharp-bits.md": stories()}


def main() -> int:
    wanted = files()
    stale = [path for path in DOCS.glob("*.md") if path not in wanted]
    changed = [p for p, text in wanted.items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in [*changed, *stale]:
            print(f"{path.relative_to(ROOT)} is out of date; run `python scripts/rule_docs.py`")
        return int(bool(changed or stale))
    DOCS.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.unlink()
    for path in changed:
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
