"""How often each rule was found and each verdict given, instead of where."""

from __future__ import annotations

from collections import Counter

from graphlift.cli.contract import json_text
from graphlift.cli.output import Run
from graphlift.verdict import Verdict


def text(run: Run) -> str:
    """The rules that were found, the commonest first, then the verdicts; a number and a name to a line."""
    rules, fixable, verdicts = _counts(run)
    width = len(str(max([*rules.values(), *verdicts.values()], default=0)))
    lines = [
        f"{count:>{width}}  {'[*]' if rule in fixable else '   '}  {rule}" for rule, count in _by_count(rules)
    ]
    lines += ["", *(f"{count:>{width}}       {verdict}" for verdict, count in verdicts.items())]
    return "\n".join(lines).strip("\n") + "\n" if rules or verdicts else ""


def document(run: Run) -> str:
    """The same as a JSON object."""
    rules, fixable, verdicts = _counts(run)
    return json_text(
        {
            "rules": [
                {"rule": rule, "count": count, "fixable": rule in fixable} for rule, count in _by_count(rules)
            ],
            "verdicts": verdicts,
        }
    )


def _counts(run: Run) -> tuple[Counter[str], set[str], dict[str, int]]:
    found = list(run.diagnostics)
    verdicts = Counter(function.verdict for report in run.reports for function in report.functions)
    return (
        Counter(item.rule for item in found),
        {item.rule for item in found if item.fixes},
        {verdict.value: verdicts[verdict] for verdict in Verdict if verdicts[verdict]},
    )


def _by_count(rules: Counter[str]) -> list[tuple[str, int]]:
    return sorted(rules.items(), key=lambda pair: (-pair[1], pair[0]))
