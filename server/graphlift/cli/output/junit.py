"""A JUnit report, for CI systems that show test results: a suite per file, a failed case per finding."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from graphlift.cli.output import Run
from graphlift.cli.output.concise import place
from graphlift.cli.session import shown_path
from graphlift.verdict import FileReport

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(run: Run) -> str:
    """The report. A file without findings has one case that passed."""
    suites = [_suite(report) for report in run.reports]
    counts = {
        name: sum(int(suite.get(name, "0")) for suite in suites) for name in ("tests", "failures", "errors")
    }
    root = ElementTree.Element(
        "testsuites", {"name": "graphlift", **_texts(counts), "time": f"{run.seconds:.3f}"}
    )
    root.extend(suites)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _suite(report: FileReport) -> ElementTree.Element:
    path = _clean(shown_path(report.path))
    counts = {
        "tests": max(len(report.diagnostics) + len(report.problems), 1),
        "failures": len(report.diagnostics),
        "errors": len(report.problems),
        "skipped": 0,
    }
    suite = ElementTree.Element("testsuite", {"name": path, **_texts(counts)})
    for problem in report.problems:
        where = f"{path}:{problem.line}"
        _case(suite, path, "problem", problem.line, "error", f"{where}: {problem.message}")
    for item in report.diagnostics:
        text = f"{place(item.location)}: {item.severity.value}[{item.rule}] {item.message}"
        text += "".join(f"\n  {place(step.location)}: {step.message}" for step in item.related)
        name = f"{item.rule} {item.function}".strip()
        _case(suite, path, name, item.location.span.line, "failure", text)
    if not len(suite):
        ElementTree.SubElement(suite, "testcase", {"name": "graphlift", "classname": path, "file": path})
    return suite


def _case(suite: ElementTree.Element, path: str, name: str, line: int, kind: str, text: str) -> None:
    about = {"name": _clean(name), "classname": path, "file": path, "line": str(line)}
    case = ElementTree.SubElement(suite, "testcase", about)
    text = _clean(text)
    ElementTree.SubElement(case, kind, {"message": text.partition("\n")[0]}).text = text


def _texts(counts: dict[str, int]) -> dict[str, str]:
    return {name: str(count) for name, count in counts.items()}


def _clean(text: str) -> str:
    """The text without characters that XML has no way to say."""
    return _NOT_IN_XML.sub("\ufffd", text)
