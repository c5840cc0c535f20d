"""Shared by the tests of fixes: make one, check what every fix promises, and show the text after it."""

import ast

from graphlift.fixes import Refusal, Target, apply, convert, invert, remove
from graphlift.fixes.layout import parse_layout
from graphlift.verdict import Fix


def target(text: str, qualname: str) -> Target:
    layout = parse_layout(text)
    assert not isinstance(layout, Refusal), layout
    named = [function for function in layout.functions if function.qualname == qualname]
    assert len(named) == 1, [function.qualname for function in layout.functions]
    return Target(qualname, named[0].node.lineno)


def after(text: str, fix: Fix | Refusal) -> str:
    """The text after a fix, which must parse and can be undone."""
    assert isinstance(fix, Fix), fix
    edited = apply(text, fix.edits)
    ast.parse(edited.removeprefix("\ufeff"))
    assert apply(edited, invert(text, fix.edits)) == text
    return edited


def converted(text: str, qualname: str, path: str = "pkg/m.py", **options: object) -> str:
    edited = after(text, convert(path, text, target(text, qualname), **options))
    again = convert(path, edited, target(edited, qualname), **options)
    assert isinstance(again, Refusal), "a second conversion changed the function again"
    return edited


def removed(text: str, qualname: str, path: str = "pkg/m.py", **options: object) -> str:
    edited = after(text, remove(path, text, target(text, qualname), **options))
    again = remove(path, edited, target(edited, qualname))
    assert isinstance(again, Refusal), "a second removal found something left"
    return edited


def refused(result: Fix | Refusal) -> str:
    assert isinstance(result, Refusal), result
    return result.reason
