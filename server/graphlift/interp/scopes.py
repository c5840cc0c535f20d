"""Statements that bind names to definitions and modules."""

from __future__ import annotations

from typing import Any

from graphlift.interp.frame import Frame, external
from graphlift.interp.places import global_at
from graphlift.interp.statements import executes
from graphlift.syntax import nodes
from graphlift.values import (
    Module,
    Unknown,
    Value,
)


@executes(nodes.FunctionDef, nodes.AsyncFunctionDef)
def _function(frame: Frame, node: nodes.FunctionDef) -> None:
    from graphlift.interp.definitions import define_function

    value = define_function(frame, node)
    frame.env[node.name] = value
    _bind_definition(frame, node.name, value)


@executes(nodes.ClassDef)
def _class(frame: Frame, node: nodes.ClassDef) -> None:
    from graphlift.interp.definitions import define_class

    value = define_class(frame, node)
    frame.env[node.name] = value
    _bind_definition(frame, node.name, value)


def _bind_definition(frame: Frame, name: str, value: Value) -> None:
    if frame.is_module:
        frame.write_cell(("global", frame.module, name), value)


@executes(nodes.Import)
def _import(frame: Frame, node: nodes.Import) -> None:
    for dotted, alias in node.names:
        target = dotted if alias else dotted.partition(".")[0]
        reference = frame.analysis.query("find_module", frame.module, target)
        value = (
            Unknown(f"module `{target}` cannot be found")
            if reference is None
            else frame.reference_value(reference)
        )
        _bind_import(frame, alias or target, value)


@executes(nodes.ImportFrom)
def _import_from(frame: Frame, node: nodes.ImportFrom) -> None:
    dotted = "." * (node.level or 0) + (node.modname or "")
    reference = frame.analysis.query("find_module", frame.module, dotted)
    for attribute, alias in node.names:
        if attribute == "*":
            continue
        value = _imported(frame, reference, dotted, attribute)
        _bind_import(frame, alias or attribute, value)


def _imported(frame: Frame, reference: Any, dotted: str, attribute: str) -> Value:
    if reference is None:
        return Unknown(f"module `{dotted}` cannot be found")
    if reference.kind == "external":
        return external(f"{reference.target}.{attribute}", frame.analysis.keras)
    found = global_at(frame, reference.target, attribute)
    if found is not None:
        return found[0]
    child = frame.analysis.query(
        "find_module", frame.module, f"{dotted.rstrip('.')}.{attribute}".replace("..", ".", 0)
    )
    if child is None and dotted.endswith("."):
        child = frame.analysis.query("find_module", frame.module, f"{dotted}{attribute}")
    if child is not None and child.kind == "module":
        return Module(child.target)
    return Unknown(f"`{attribute}` is not bound in module `{dotted}`")


def _bind_import(frame: Frame, name: str, value: Value) -> None:
    frame.env[name] = value
    if frame.is_module:
        frame.write_cell(("global", frame.module, name), value)
    elif frame.is_class:
        frame.write_cell(("classvar", frame.definition, name), value)
