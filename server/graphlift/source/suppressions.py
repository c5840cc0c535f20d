"""Comments that hide diagnostics: `# graphlift: ignore[rule, rule2]  reason` and `# graphlift: ignore-file[rule]`.

What a comment is about depends on where it stands:

- behind code, its statement: all lines of a call that goes over several, the first lines of an `if` or a loop;
- behind a `def`, a `class` or a decorator, the whole definition;
- on a line of its own, the next statement with all that is in it, if that is not outside the comment's block.

Comments are found by the tokenizer, so what looks like one inside a string is none. A text that breaks off, or
does not parse, has the comments up to there.
"""

from __future__ import annotations

import difflib
import io
import re
import tokenize

import msgspec

from graphlift.source.rule_names import rule_names
from graphlift.source.span import Span

UNUSED = "unused-suppression"
"""The notice about a comment that hides nothing. Only its name hides it: else no blanket comment was ever reported."""

SUPPRESS, UNSUPPRESS = "suppress", "unsuppress"
"""The slugs of the fixes that write a comment, and that take out what one says in vain."""

_DIRECTIVE = re.compile(
    r"#[ \t]*graphlift[ \t]*:[ \t]*(?P<word>[A-Za-z][\w-]*)?"
    r"(?:[ \t]*(?P<codes>\[(?P<names>[^\]#]*)(?P<close>\])?))?",
    re.IGNORECASE,
)
_NEXT_COMMENT = re.compile(r"[ \t]+#(?!\d)")
"""Where a reason ends and another tool's comment begins; `#12` is an issue."""

_WORDS = ("ignore", "ignore-file")


class Suppression(msgspec.Struct, frozen=True):
    """One comment, or the part of one that is ours.

    `rules` are the names in the brackets; `None` hides every rule. `span` is the comment's text, `codes` what is
    between the brackets. It hides what begins on `first`..`last` (the whole file when `whole_file`). With a
    `problem` it hides nothing: the text says why. `alone` says that nothing else stands on its line.
    """

    rules: tuple[str, ...] | None
    span: Span
    codes: Span | None = None
    first: int = 0
    last: int = -1
    whole_file: bool = False
    alone: bool = False
    problem: str = ""

    def reaches(self, line: int) -> bool:
        """Whether something that begins on the line is in its reach; its own line always is."""
        return self.whole_file or self.first <= line <= self.last or line == self.span.line

    def hides(self, rule: str, line: int) -> bool:
        """Whether it hides what the rule reports on the line."""
        if self.problem or not self.reaches(line):
            return False
        return rule != UNUSED if self.rules is None else rule in self.rules


def unknown_rules(item: Suppression) -> tuple[str, ...]:
    """The names in a comment that are no rule's."""
    return tuple(name for name in item.rules or () if name not in rule_names())


def near_rule(name: str) -> str | None:
    """The rule that a misspelt name probably means."""
    near = difflib.get_close_matches(name.replace("_", "-").lower(), rule_names(), n=1)
    return near[0] if near else None


def suppressions(text: str) -> tuple[Suppression, ...]:
    """The suppression comments of a text, in their order."""
    if "graphlift" not in text.lower():
        return ()
    comments, lines = _scan(text)
    found: list[Suppression] = []
    for comment in comments:
        first, last = _reach(comment, lines)
        found += [
            item if item.whole_file else msgspec.structs.replace(item, first=first, last=last)
            for item in _directives(comment)
        ]
    return tuple(found)


class _Line(msgspec.Struct):
    """A logical line: a statement without its block. `end` is the last line of the block.

    `head` is `@`, `def` or `class` for lines that belong to a definition, else empty.
    """

    first: int
    last: int
    column: int
    end: int
    head: str = ""


class _Comment(msgspec.Struct, frozen=True):
    """A comment and the index of the logical line that it stands in, or before which it stands (`own_line`).

    `column` does not count a byte order mark, whose width is `mark`.
    """

    text: str
    line: int
    column: int
    mark: int
    statement: int
    own_line: bool
    alone: bool


def _scan(text: str) -> tuple[list[_Comment], list[_Line]]:
    """The comments and the logical lines of a text."""
    mark = 1 if text.startswith("\ufeff") else 0
    source = text[mark:].replace("\r\n", "\n").replace("\r", "\n")
    comments: list[_Comment] = []
    lines: list[_Line] = []
    blocks: list[int] = []
    current: _Line | None = None
    previous = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(source, newline="\n").readline):
            line, column = token.start
            if token.type == tokenize.COMMENT:
                after_mark = mark if line == 1 else 0
                own_line, alone = current is None, previous != line
                comments.append(_Comment(token.string, line, column, after_mark, len(lines), own_line, alone))
            elif token.type == tokenize.INDENT:
                blocks.append(len(lines) - 1)
            elif token.type == tokenize.DEDENT:
                lines[blocks.pop()].end = lines[-1].last
            elif token.type == tokenize.NEWLINE:
                if current is not None:
                    current.last = current.end = line
                    lines.append(current)
                current = None
            elif token.type not in (tokenize.NL, tokenize.ENDMARKER):
                if current is None:
                    current = _Line(line, line, column, line, _head(token.string))
                elif current.head == "async":
                    current.head = _head(token.string)
                previous = token.end[0]
    except (tokenize.TokenError, SyntaxError):
        pass  # The parser says what is wrong with the text; what was found so far still counts.
    for index in blocks:
        lines[index].end = lines[-1].last
    return comments, lines


def _head(word: str) -> str:
    return word if word in ("@", "def", "class", "async") else ""


def _reach(comment: _Comment, lines: list[_Line]) -> tuple[int, int]:
    """The lines that a comment is about; none when no statement follows in its block."""
    if comment.statement >= len(lines):
        return (0, -1) if comment.own_line else (comment.line, comment.line)
    statement = lines[comment.statement]
    if comment.own_line and statement.column < comment.column:
        return 0, -1
    if statement.head in ("@", "def", "class"):
        return _definition(comment.statement, lines)
    return statement.first, statement.end if comment.own_line else statement.last


def _definition(index: int, lines: list[_Line]) -> tuple[int, int]:
    """The lines of the definition that a logical line begins or decorates."""
    first = index
    while first > 0 and lines[first - 1].head == "@":
        first -= 1
    while lines[index].head == "@" and index + 1 < len(lines):
        index += 1
    return lines[first].first, lines[index].end


def _directives(comment: _Comment) -> list[Suppression]:
    """The parts of a comment that are ours, without their reach."""
    found: list[Suppression] = []
    for match in _DIRECTIVE.finditer(comment.text):
        word = (match["word"] or "").lower()
        problem = _problem(word, match, comment.text)
        if problem is None:
            continue
        following = _NEXT_COMMENT.search(comment.text, match.end())
        end = following.start() if following else len(comment.text.rstrip())
        codes = None
        if match["close"]:
            codes = _on_line(comment, match.start("names"), match.end("names"))
        names = None
        if match["codes"] is not None:
            parts = (name.strip() for name in match["names"].split(","))
            names = tuple(dict.fromkeys(name for name in parts if name))
        found.append(
            Suppression(
                names,
                _on_line(comment, match.start(), end),
                codes,
                whole_file=word == "ignore-file",
                alone=comment.alone and match.start() == 0 and following is None,
                problem=problem,
            )
        )
    return found


def _problem(word: str, match: re.Match[str], text: str) -> str | None:
    """Why a comment hides nothing, empty when it does; `None` when it is just a sentence about Graphlift."""
    if word not in _WORDS:
        near = difflib.get_close_matches(word, _WORDS, n=1, cutoff=0.7)
        if near or match["codes"]:
            return (
                f"`{word or 'graphlift:'}` is not understood; write `# graphlift: {(near or _WORDS)[0]}[…]`"
            )
        return None
    if match["codes"] is None:
        following = re.match(r"[ \t]*([\w-]+)", text[match.end() :])
        if following is not None and following[1].lower() in rule_names():
            return f"the rule stands in brackets: `# graphlift: {word}[{following[1].lower()}]`"
        return ""
    if not match["close"]:
        return "the bracket is not closed"
    return "" if match["names"].replace(",", "").strip() else "no rule is named in the brackets"


def _on_line(comment: _Comment, start: int, end: int) -> Span:
    column = comment.column + comment.mark
    return Span(comment.line, column + start, comment.line, column + end)
