"""`graphlift rule`: the rules' own documentation."""

from __future__ import annotations

import json
import sys

import click

from graphlift.cli import session
from graphlift.rules.base import RuleModule, all_rules
from graphlift.rules.notices import Notice, all_notices
from graphlift.source.rule_names import rule_page


@click.command("rule")
@click.argument("name", required=False)
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str | None, output_format: str) -> None:
    """List the rules, or print the page of the rule NAME: what it finds, why that matters, what to do."""
    if name is not None:
        session.check_rules([name])
    every: list[RuleModule | Notice] = [*all_rules(), *all_notices()]
    rules = sorted((each for each in every if name in (None, each.name)), key=lambda each: each.name)
    if output_format == "json":
        objects = [_object(rule) for rule in rules]
        click.echo(json.dumps(objects if name is None else objects[0], indent=2, ensure_ascii=False))
    elif name is None:
        width = max(len(rule.name) for rule in rules)
        for rule in rules:
            click.echo(f"{rule.name:<{width}}  {rule.title}")
    else:
        _print_page(rules[0])


def _print_page(rule: RuleModule | Notice) -> None:
    if not sys.stdout.isatty():
        click.echo(rule_page(rule.name), nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(rule_page(rule.name) or ""), width=min(console.width, 100))


def _object(rule: RuleModule | Notice) -> dict[str, str | None]:
    if isinstance(rule, Notice):
        return {
            "name": rule.name,
            "title": rule.title,
            "consequence": None,
            "severity": rule.severity.value,
            "since": rule.since,
            "documentation": rule_page(rule.name),
        }
    return {
        "name": rule.name,
        "title": rule.title,
        "consequence": rule.rule.consequence.value,
        "severity": rule.rule.severity.value,
        "since": rule.rule.since,
        "documentation": rule_page(rule.name),
    }
