"""What is wrong with a file that is no YAML, told by its cause as the text shows it, and not as a parser puts it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import yaml

from regbulk.mapping.problems import Place, Problem

LEFT_OPEN: Final = "found ?, expected your answer in its place"
NO_DASH: Final = "columns are written as 'name: field', without a dash"

_QUESTION: Final = re.compile(r"^(?!\s*#).*?(?::\s+|[\[{,]\s*|-\s+)\?\s*(?:$|[,}\]]|\s#)")
_NOTHING: Final = re.compile(r"\s*(?P<key>[^\s#].*?)\s*:\s+(?P<sign>\{\s*\}|\[\s*\])\s*(?:#.*)?")
_CLOSING: Final = {"{": "}", "[": "]"}


def yaml_problems(error: yaml.YAMLError, text: str) -> Iterator[Problem]:
    """Why a text cannot be read, each with its line.

    Args:
        error: what the parser says.
        text: the whole file.
    """
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        told = f"found the control character U+{ord(text[error.position]):04X}; remove it"
        yield Problem(Place(line, ""), told)
    elif isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        # The reader refuses every other character at which Python breaks lines and YAML does not.
        yield from _marked(error, error.problem_mark, text)
    else:
        yield Problem(Place(1, ""), "the YAML breaks off here: malformed")


def _marked(error: yaml.MarkedYAMLError, mark: yaml.Mark, text: str) -> Iterator[Problem]:
    lines = text.splitlines()
    here = lines[mark.line] if mark.line < len(lines) else ""
    if here[mark.column : mark.column + 1] == "?":
        asked = {number for number, line in enumerate(lines, 1) if _QUESTION.match(line)} | {mark.line + 1}
        yield from (Problem(Place(number, ""), LEFT_OPEN) for number in sorted(asked))
    elif "\t" in here[: len(here) - len(here.lstrip())]:
        yield Problem(Place(mark.line + 1, ""), "begins with a tab; YAML takes spaces only")
    else:
        yield _unclosed(error, mark, text) or _misplaced(error, mark, lines) or _other(error, mark)


def _unclosed(error: yaml.MarkedYAMLError, mark: yaml.Mark, text: str) -> Problem | None:
    """A quote or bracket without its like, told at the line that opens it."""
    opened, problem = error.context_mark, error.problem or ""
    if opened and error.context == "while scanning a quoted scalar":
        return _open_quote(text, opened)
    if torn := _torn_quote(text, mark):
        return _open_quote(text, torn)
    if not opened or not problem.startswith("expected ',' or") or mark.line == opened.line:
        return None
    sign = text[opened.index]
    comma = "" if "<stream end>" in problem else f", or put a comma before line {mark.line + 1}"
    return Problem(Place(opened.line + 1, ""), f"found {sign} without its {_CLOSING[sign]}; add it{comma}")


def _open_quote(text: str, opened: yaml.Mark) -> Problem:
    sign = text[opened.index]
    return Problem(Place(opened.line + 1, ""), f"found {sign} without another at the end of the text; add it")


def _torn_quote(text: str, mark: yaml.Mark) -> yaml.Mark | None:
    """Where a quote opens that goes on to the line of an error and closes there, before it."""
    opened = None
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            start, end = token.start_mark, token.end_mark
            if start.index >= mark.index:
                break
            if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                opened = start if start.line < end.line == mark.line else None
    except yaml.YAMLError:
        return opened
    return opened


def _misplaced(error: yaml.MarkedYAMLError, mark: yaml.Mark, lines: list[str]) -> Problem | None:
    """Entries below a sign that says there are none, or lists among names."""
    opened = error.context_mark
    if not (error.problem or "").startswith("expected <block end>") or opened is None:
        return None
    above = [number for number in range(mark.line) if re.match(r"\s*[^\s#]", lines[number])]
    nothing = _NOTHING.fullmatch(lines[above[-1]]) if above else None
    if nothing and mark.column > nothing.start("key"):
        key, sign = nothing["key"], nothing["sign"]
        what = f"there are no {key}" if key.endswith("s") else f"there is nothing under {key}"
        return Problem(Place(above[-1] + 1, ""), f"{sign} says that {what}; take it away")
    dashes = [number for number in (mark.line, opened.line) if lines[number].lstrip().startswith("- ")]
    if len(dashes) == 1 and mark.column == opened.column:
        return Problem(Place(dashes[0] + 1, ""), f"found a dash among names without one; {NO_DASH}")
    return None


def _other(error: yaml.MarkedYAMLError, mark: yaml.Mark) -> Problem:
    told = error.problem or "malformed"
    advice = "; put the text in quotes" if "cannot start any token" in told else ""
    return Problem(Place(mark.line + 1, ""), f"the YAML breaks off here: {told}{advice}")
