"""The rules, one file each, discovered."""

from graphlift.rules.base import (
    Consequence,
    Finding,
    Report,
    Rule,
    RuleModule,
    all_rules,
    findings_of,
    mismatch_finding,
    rule_named,
)

__all__ = [
    "Consequence",
    "Finding",
    "Report",
    "Rule",
    "RuleModule",
    "all_rules",
    "findings_of",
    "mismatch_finding",
    "rule_named",
]
