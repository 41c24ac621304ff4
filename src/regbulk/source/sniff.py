"""Finding out how a CSV file separates, encloses and escapes its cells, from its first records.

What cannot be told is asked, never guessed: two delimiters that both make a table are an error that names the option.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from regbulk.errors import SourceError
from regbulk.source.dialect import NAMES, Dialect
from regbulk.source.options import SourceOptions
from regbulk.source.quoting import find_quoting
from regbulk.source.trial import Sample, Trial

_DELIMITERS: Final = (b",", b";", b"\t", b"|")
_TIMES_WIDER: Final = 3
_SEP_LINE: Final = re.compile(rb"sep=([^A-Za-z0-9_\-\r\n\0\x80-\xff])(?:\r\n|\n|\r)", re.IGNORECASE)
_WRITTEN_OUT: Final = {"tab": "\t", r"\t": "\t"}
_ESCAPES: Final = (
    r"--escape '\' takes them for signs that the next character is meant literally, --escape '' keeps them"
)
_UNFIT: Final = re.compile(r"[A-Za-z0-9_\-\r\n\0]|[^\x00-\x7f]|.{2,}", re.DOTALL)
"""Words and numbers consist of these: a file in which they separate cells could not be read back."""


@dataclass(frozen=True)
class Sniffed:
    """What was found out.

    Attributes:
        dialect: how cells are written.
        preamble: a `sep=` line with its line end, which is no record.
        unnamed: how many cells without a name every record has behind the last name.
        decisions: one sentence for each thing decided, with its ground.
    """

    dialect: Dialect
    preamble: bytes
    unnamed: int
    decisions: tuple[str, ...]


def sniff(sample: Sample, options: SourceOptions, name: str) -> Sniffed:
    """Find the dialect of a file from its beginning, as far as it is not told.

    Args:
        sample: the first whole lines.
        options: what is known beforehand.
        name: of the source, for messages.

    Raises:
        SourceError: an option is no single ASCII character, or the delimiter or the escape cannot be told.
    """
    found = _SEP_LINE.match(sample.text)
    preamble = found[0] if found else b""
    records = replace(sample, text=sample.text[len(preamble) :])
    told = _told(options, found[1] if found else b"", name)
    ground = "as told" if options.delimiter is not None else "its first line says so"
    dialect, why = (told, ground) if told.delimiter else _delimited(records, told, name)
    decisions = [f"delimiter {dialect.between}: {why}"]
    if options.quote is None or options.escape is None:
        dialect, grounds = find_quoting(records, dialect, options, name)
        decisions += grounds
    unnamed = records.tried(dialect).unnamed
    if unnamed:
        ground = "nearly all of its first records have no value there"
        decisions.append(f"columns behind the last name ({unnamed}) left out: {ground}")
    return Sniffed(dialect, preamble, unnamed, tuple(decisions))


def _told(options: SourceOptions, first_line: bytes, name: str) -> Dialect:
    """The dialect as far as it is told; the delimiter stays empty where it is not."""
    given = {"delimiter": options.delimiter, "quote": options.quote, "escape": options.escape}
    texts = {option: _WRITTEN_OUT.get(text, text) for option, text in given.items() if text is not None}
    expected = "expected one ASCII character that is no letter, digit, hyphen or underscore"
    problems = [
        f"--{option} {text!r}: {expected}"
        for option, text in texts.items()
        if _UNFIT.fullmatch(text) or (option == "delimiter" and not text)
    ]
    signs = {option: text.encode() for option, text in texts.items()}
    told = Dialect(signs.get("delimiter", first_line), signs.get("quote", b'"'), signs.get("escape", b""))
    used = [sign for sign in (told.delimiter, told.quote, told.escape) if sign]
    if len(set(used)) < len(used):
        problems.append("found one character as two of --delimiter, --quote and --escape, expected different ones")
    if problems:
        raise SourceError(name, problems)
    return told


def _delimited(sample: Sample, told: Dialect, name: str) -> tuple[Dialect, str]:
    marks = [mark for mark in _DELIMITERS if mark not in (told.quote, told.escape)]
    trials = {mark: sample.tried(replace(told, delimiter=mark)) for mark in marks}
    wide = {mark: trial for mark, trial in trials.items() if trial.names > 1}
    mark = _chosen(wide) if wide else _of_one_column(trials)
    if mark is None:
        names = ", ".join(f"{trial.names} with {NAMES[mark]}" for mark, trial in wide.items()) or "1 with any delimiter"
        problem = f"found names in the header ({names}), expected records that tell which it is, and they do not"
        raise SourceError(name, [f"{problem}; say with --delimiter what separates the cells"])
    best = trials[mark]
    if not wide:
        return replace(told, delimiter=mark), "the header has one name and no delimiter"
    rows = f", and as many cells in {best.share:.0%} of its first records" if best.width == best.names else ""
    return replace(told, delimiter=mark), f"it makes {best.names} names in the header{rows if best.cells else ''}"


def _chosen(wide: dict[bytes, Trial]) -> bytes | None:
    """The delimiter that makes a table, where others do not or make a far narrower one; None if that is not clear."""
    if len(wide) == 1:
        (mark, trial), *_ = wide.items()
        # A header with a comma in its one name is no table of two columns.
        return None if trial.width == 1 and len(trial.cells) > 1 else mark
    tables = {mark: trial for mark, trial in wide.items() if trial.is_table}
    clean = {mark: trial for mark, trial in tables.items() if trial.is_clean} or tables
    ordered = sorted(clean, key=lambda mark: clean[mark].names, reverse=True)
    if not ordered or any(clean[ordered[0]].names < _TIMES_WIDER * clean[mark].names for mark in ordered[1:]):
        return None
    return ordered[0]


def _of_one_column(trials: dict[bytes, Trial]) -> bytes | None:
    """Where there is one name, any delimiter that stands in no record; one that spoils the header is told later."""
    spoilt = (mark for mark, trial in trials.items() if not trial.header)
    return next(spoilt, next((mark for mark, trial in trials.items() if trial.is_one_column), None))
