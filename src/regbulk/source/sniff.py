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
from regbulk.source.trial import Trial, read_trial

_DELIMITERS: Final = (b",", b";", b"\t", b"|")
_MOST: Final = 0.5
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


@dataclass(frozen=True)
class Sample:
    """The first lines of a file in UTF-8, and whether they are all it has."""

    text: bytes
    whole: bool

    def tried(self, dialect: Dialect) -> Trial:
        """The first records, read in a dialect."""
        return read_trial(self.text, dialect, whole=self.whole)


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
    if options.quote is None:
        dialect = _quoted(records, dialect, decisions, name)
    if options.escape is None and dialect.quote:
        dialect = _escaped(records, dialect, decisions, name)
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
        shown = ", ".join(f"{trial.names} with {NAMES[mark]}" for mark, trial in wide.items()) or "1"
        problem = f"found a header of so many names: {shown}; its records do not tell what separates them"
        raise SourceError(name, [f"{problem}; say it with --delimiter"])
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


def _quoted(sample: Sample, dialect: Dialect, decisions: list[str], name: str) -> Dialect:
    """Apostrophes, where they enclose most cells."""
    other = replace(dialect, quote=b"'")
    if dialect.delimiter == b"'" or not (single := _enclosed(sample, other)):
        return dialect
    double, trial = _enclosed(sample, dialect), sample.tried(other)
    filled = sum(bool(cell) for cells in (trial.header, *trial.cells) for cell in cells)
    if single > double and single >= _MOST * filled:
        decisions.append(f"quote ': apostrophes enclose most cells at its beginning ({single:,})")
        return other
    if not double:
        found = f"found apostrophes round a few cells ({single:,}) and double quotes round none"
        raise SourceError(name, [f"{found}; say with --quote which of them is no part of a cell"])
    return dialect


def _enclosed(sample: Sample, dialect: Dialect) -> int:
    between, quote = re.escape(dialect.delimiter), re.escape(dialect.quote)
    inside = rb"(?:[^" + quote + rb"]|" + quote * 2 + rb")*+"
    cell = rb"(?:\A|[\r\n]|" + between + rb")" + quote + inside + quote + rb"(?=" + between + rb"|[\r\n]|\Z)"
    return len(re.findall(cell, sample.text))


def _escaped(sample: Sample, dialect: Dialect, decisions: list[str], name: str) -> Dialect:
    """A backslash before quotes, where records do not fit otherwise."""
    count, other = sample.text.count(b"\\" + dialect.quote), replace(dialect, escape=b"\\")
    wrong = sample.tried(dialect).malformed if count else 0
    if not wrong or sample.tried(other).malformed > _MOST * wrong:
        if _only_pairs(sample.text, dialect):
            found = "found backslashes only in pairs, and no quote that is written twice"
            raise SourceError(name, [f"{found}; say whether a pair is one: {_ESCAPES}"])
        return dialect
    if plain := _plain_backslashes(sample.text, dialect):
        found = f"found backslashes before quotes inside cells ({count:,}) and before other characters ({plain:,})"
        raise SourceError(name, [f"{found}; say whether they are part of a cell: {_ESCAPES}"])
    decisions.append(f"escape \\: it stands before quotes inside cells ({count:,}), and the records fit only so")
    return other


def _only_pairs(text: bytes, dialect: Dialect) -> bool:
    """Whether all backslashes could be escaped ones, and nothing says that quotes are escaped in another way."""
    runs = re.findall(rb"\\+", text)
    inside, twice = rb"[^\r\n" + re.escape(dialect.delimiter) + rb"]", re.escape(dialect.quote) * 2
    doubled = re.search(inside + twice + rb"|" + twice + inside, text)
    return bool(runs) and not any(len(run) % 2 for run in runs) and doubled is None


def _plain_backslashes(text: bytes, dialect: Dialect) -> int:
    r"""How many backslashes stand before what no one escapes; `\N` is a missing value."""
    escaped = {dialect.quote, dialect.delimiter, b"\\", b"\r", b"\n", b"N"}
    return sum(behind not in escaped for behind in re.findall(rb"\\([\x00-\xff])", text))
