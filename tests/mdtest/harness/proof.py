"""What a section of a page proves of rules: that they see a disguise, or that they leave a near miss alone.

A heading that begins with “Twin” marks a near miss; any other section in which a rule fires is a disguise of what the
rule is about. Only what TensorFlow judges counts, and nothing that stands beside `# bug:` does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from .expect import Expected, expectations, finding, graph, verdict
from .page import Section, SourceFile

HARMFUL = frozenset({"raises", "differs", "retraces", "hangs"})
"""What TensorFlow says where a graph does something else."""

_DECIDED_BY_RULES = frozenset({"blocked", "unknown", "remove", "reconfigure"})


@dataclass(frozen=True)
class Proof:
    """One section, seen as evidence.

    `rules` fire in it, as it says; `outcomes` is what TensorFlow says. `vague` tells of a verdict that doesn't say
    which rules it rests on, or of a judged function without a verdict.
    """

    section: Section
    rules: frozenset[str]
    outcomes: frozenset[str]
    vague: bool
    in_class: bool
    across_files: bool

    @property
    def twin(self) -> bool:
        """Whether the section is a near miss."""
        return self.section.title.startswith("Twin")

    @property
    def harmful(self) -> bool:
        """Whether TensorFlow sees harm."""
        return bool(self.outcomes & HARMFUL)

    def spares(self, rules: Iterable[str]) -> bool:
        """Whether none of these rules fires, and a graph does what eager execution does."""
        return not self.vague and not self.rules & set(rules) and self.outcomes == {"same"}


def prove(section: Section) -> Proof:
    """What a section proves."""
    default = section.page.stem if section.page.parent.name == "rules" else ""
    rules: set[str] = set()
    outcomes: set[str] = set()
    vague = in_class = False
    for file in section.versions[0]:
        wanted = expectations(file)
        wrong = {each.line for each in wanted if each.kind == "bug"}
        for each in wanted:
            if each.line in wrong:
                continue
            found = _fires(each, default)
            rules |= found or set()
            vague |= found is None
            if each.kind == "graph":
                outcomes.add(graph(each).outcome)
                vague |= not any(other.kind == "verdict" and other.line == each.line for other in wanted)
            in_class |= (bool(found) or each.kind == "graph") and _stands_in_class(file, each.line)
    across = _across_files(section.versions[0])
    return Proof(section, frozenset(rules), frozenset(outcomes), vague, in_class, across)


def _fires(each: Expected, default: str) -> set[str] | None:
    """The rules that fire, as an assertion says; `None` where it doesn't say which."""
    if each.kind == "error":
        return {finding(each).rule or default} - {""}
    if each.kind == "verdict":
        wanted = verdict(each)
        if wanted.rules is None:
            return None if wanted.verdict in _DECIDED_BY_RULES else set()
        return set(wanted.rules)
    return set()


def _stands_in_class(file: SourceFile, line: int) -> bool:
    return any(
        node.lineno <= line <= (node.end_lineno or node.lineno)
        for node in _nodes(file)
        if isinstance(node, ast.ClassDef)
    )


def _across_files(files: tuple[SourceFile, ...]) -> bool:
    """Whether one of the files imports another one."""
    names = {PurePosixPath(file.name).stem for file in files}
    return any(_imported(file) & (names - {PurePosixPath(file.name).stem}) for file in files)


def _imported(file: SourceFile) -> set[str]:
    found: set[str] = set()
    for node in _nodes(file):
        if isinstance(node, ast.Import):
            found |= {part for alias in node.names for part in alias.name.split(".")}
        elif isinstance(node, ast.ImportFrom):
            found |= {*(node.module or "").split("."), *(alias.name for alias in node.names)}
    return found


def _nodes(file: SourceFile) -> Iterable[ast.AST]:
    try:
        return ast.walk(ast.parse(file.text))
    except SyntaxError:
        return ()
