"""The words in which Graphlift speaks of a function: verdicts, reasons, parameters (DESIGN.md, section 6).

These are plain, frozen, serialisable data. Everything above this layer (fixes, ide, worker, cli, lsp) works
on them and never sees a syntax tree or an abstract value. Lines are 1-based, columns 0-based in code points
(see `source.span`); `path` is whatever the analysis was given for that file.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from graphlift.source.span import Span


class Verdict(str, Enum):
    """What to do with one function; the meaning of each is in DESIGN.md, section 6."""

    CONVERT = "convert"
    BLOCKED = "blocked"
    UNPROFITABLE = "unprofitable"
    REMOVE = "remove"
    RECONFIGURE = "reconfigure"
    KEEP = "keep"
    UNKNOWN = "unknown"


class Severity(str, Enum):
    """How loudly a diagnostic speaks."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"


class Location(msgspec.Struct, frozen=True, order=True):
    """A stretch of one file."""

    path: str
    span: Span


class TraceStep(msgspec.Struct, frozen=True):
    """One step on the way from a function to the line that decides: a call, and last the culprit."""

    location: Location
    message: str


class Reason(msgspec.Struct, frozen=True):
    """Why a verdict is what it is: one finding of one rule, with the chain of calls that leads to it.

    `location` is inside the judged function; the last step of `trace` is the culprit, which may be in another file.
    """

    rule: str
    message: str
    location: Location
    trace: tuple[TraceStep, ...] = ()
    certain: bool = True


class Parameter(msgspec.Struct, frozen=True):
    """What is known of one parameter. `kind`: `tensor`, `python`, `container`, `self` or `unknown`."""

    name: str
    kind: str
    type: str
    evidence: str


class Argument(msgspec.Struct, frozen=True, order=True):
    """An argument that a `tf.function` should have. `value` is an expression, with `tf` for TensorFlow.

    `instead_of` names an argument that it takes the place of, keeping its value; with an empty `name` that one goes.
    """

    name: str
    value: str = ""
    instead_of: str = ""


class FunctionReport(msgspec.Struct, frozen=True):
    """Everything Graphlift says of one function.

    `line`..`end_line` span the `def` line to the last line of the body; `name_span` covers the name after
    `def`; `decorator_spans` are the `tf.function` decorators found on it, in source order.
    """

    path: str
    qualname: str
    line: int
    end_line: int
    name_span: Span
    execution: str
    verdict: Verdict
    confidence: str
    assumptions: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    effects: tuple[str, ...] = ()
    input_signature: str | None = None
    recommended: bool = False
    covered_by: str | None = None
    decorator_spans: tuple[Span, ...] = ()
    summary: str = ""
    """The verdict in one sentence."""
    arguments: tuple[Argument, ...] = ()
    """What the `tf.function` of a `convert` or `reconfigure` should be given."""
    no_signature: str = ""
    """Why there is no `input_signature`, where there is none."""
    gain: str = ""
    """What a graph may gain, as a rough band; empty where it has nothing to do, or is there already."""
    declined: tuple[str, ...] = ()
    """Fixes that the user does not want: a comment or a setting hides every diagnostic that names them."""


class Diagnostic(msgspec.Struct, frozen=True):
    """Something to show at a line. `related` is the chain of evidence; `fixes` names the edits on offer.

    A fix is named by its slug in `fixes/` (`convert`, `remove`); `function` is the qualname it applies to.
    """

    location: Location
    rule: str
    severity: Severity
    message: str
    function: str = ""
    fixes: tuple[str, ...] = ()
    related: tuple[TraceStep, ...] = ()


class Problem(msgspec.Struct, frozen=True):
    """A file that can't be read or parsed, or a part of it that can't; `internal`: by Graphlift's own fault."""

    path: str
    line: int
    message: str
    internal: bool = False


class Environment(msgspec.Struct, frozen=True):
    """What the verdicts assume to be installed. `source` says where that was found.

    `tensorflow` is `None` when no installed or locked TensorFlow was found; `interpreter` is the Python whose
    packages the code uses, empty where none was found.
    """

    python: str
    tensorflow: str | None
    keras: int
    source: str
    interpreter: str = ""


class FileReport(msgspec.Struct, frozen=True):
    """All that is said of one file, in source order. `lines` is its number of text lines."""

    path: str
    lines: int = 0
    functions: tuple[FunctionReport, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    problems: tuple[Problem, ...] = ()


class TextEdit(msgspec.Struct, frozen=True, order=True):
    """Replace `span` by `text`. `text` uses the file's own newlines."""

    span: Span
    text: str


class Fix(msgspec.Struct, frozen=True):
    """Edits to one file that belong together. `safe` fixes keep behaviour whatever the assumptions."""

    title: str
    path: str
    edits: tuple[TextEdit, ...]
    safe: bool
    preferred: bool = False
    slug: str = ""
    function: str = ""
    rule: str = ""
    """For a fix of one diagnostic: its rule, and `at` its place."""
    at: Span | None = None
