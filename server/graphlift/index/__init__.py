"""What modules define and import, without their bodies."""

from graphlift.index.build import build_unit
from graphlift.index.model import (
    MODULE_BODY,
    ClassInfo,
    DefId,
    FunctionInfo,
    ImportInfo,
    Layout,
    ModuleIndex,
    ParameterInfo,
    Unit,
    module_of,
    qualname_of,
)

__all__ = [
    "MODULE_BODY",
    "ClassInfo",
    "DefId",
    "FunctionInfo",
    "ImportInfo",
    "Layout",
    "ModuleIndex",
    "ParameterInfo",
    "Unit",
    "build_unit",
    "module_of",
    "qualname_of",
]
