"""Any table that Python's csv module writes, in any dialect and encoding, reads back cell by cell as it reads it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from regbulk import rejects
from regbulk.source import open_source
from regbulk.source.contract import LINE_NO, RECORD_NO
from regbulk.source.options import SourceOptions

WIDE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be")
MULTIBYTE = ("shift_jis", "gb18030", "euc_kr", "big5")
SINGLE = ("cp1252", "latin-1", "iso8859-15", "cp1250", "cp1251", "cp1253", "mac_roman", "cp850", "koi8-r", "cp437")
AWKWARD = "\"'\n\r \t;,|^~\\N=0x"
LETTERS = "éßаяΩ日本語ー中文한글😀\u200b\u0085\u2028\ufeff"


class Dialect(NamedTuple):
    delimiter: str
    quote: str
    escape: str
    doubled: bool
    quoting: int
    line_end: str

    @property
    def words(self):
        return {
            "delimiter": self.delimiter,
            "quotechar": self.quote,
            "doublequote": self.doubled,
            "escapechar": self.escape or None,
        }

    def written(self, rows):
        stream = io.StringIO(newline="")
        csv.writer(stream, **self.words, quoting=self.quoting, lineterminator=self.line_end).writerows(rows)
        return stream.getvalue()

    def read(self, text):
        """The rows of Python's reader, each with the line on which it begins."""
        quoting = csv.QUOTE_NONE if self.quoting == csv.QUOTE_NONE else csv.QUOTE_MINIMAL
        reader = csv.reader(io.StringIO(text, newline=""), **self.words, quoting=quoting)
        before = 0
        for row in reader:
            yield before + 1, row
            before = reader.line_num

    def told(self, encoding):
        quote = "" if self.quoting == csv.QUOTE_NONE else self.quote
        return SourceOptions(encoding=encoding, delimiter=self.delimiter, quote=quote, escape=self.escape)

    def is_blank(self, row, width):
        return not row or (width > 1 and not any(cell.strip(" \t".replace(self.delimiter, "")) for cell in row))


@st.composite
def dialects(draw, delimiters=",;\t|^~", quotes="\"'"):
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC, csv.QUOTE_NONE]))
    doubled = quoting != csv.QUOTE_NONE and draw(st.booleans())
    escape = "\\" if not doubled or draw(st.booleans()) else ""
    line_end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    return Dialect(draw(st.sampled_from(delimiters)), draw(st.sampled_from(quotes)), escape, doubled, quoting, line_end)


def texts(encoding):
    """Texts that an encoding can write, awkward ones among them."""
    if encoding in SINGLE:
        letters = bytes(range(0x80, 0x100)).decode(encoding, "ignore")
        return st.text(st.sampled_from(AWKWARD + letters), max_size=6)
    if encoding in MULTIBYTE:
        letters = "".join(sign for sign in LETTERS if sign.encode(encoding, "ignore"))
        return st.text(st.sampled_from(AWKWARD + letters), max_size=6)
    anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
    return st.one_of(st.text(st.sampled_from(AWKWARD + LETTERS), max_size=6), anything)


@st.composite
def tables(draw, cell):
    width = draw(st.integers(1, 5))
    row = st.lists(cell.filter(lambda text: text != r"\N"), min_size=width, max_size=width)
    return [[f"c{place}" for place in range(width)], *draw(st.lists(row, max_size=8))]


def read(data, options, block_bytes):
    """Cells by line, lines of faults, and how many rows of nothing were passed over."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(data)
        source = open_source(str(path), options, block_bytes=block_bytes)
        blocks = list(source.blocks())
    numbers = [number for block in blocks for number in (*block.records[RECORD_NO], *block.faults["record_no"])]
    assert sorted(numbers) == list(range(1, 1 + sum(block.read for block in blocks)))
    rows = [row for block in blocks for row in block.records.select(LINE_NO, *source.columns).rows()]
    faults = [row for block in blocks for row in block.faults.select("line_no", "code").rows()]
    return rows, faults, sum(block.skipped.blank_rows for block in blocks)


def expected(dialect, text):
    """The same by Python's csv module."""
    (_, header), *rows = dialect.read(text)
    width = len(header)
    rest = [(line, row) for line, row in rows if not dialect.is_blank(row, width)]
    whole = [(line, *(cell or None for cell in row)) for line, row in rest if len(row) == width]
    return whole, [(line, "ragged-row") for line, row in rest if len(row) != width], len(rows) - len(rest)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_cells_and_lines_are_those_of_the_csv_module_in_any_dialect_and_encoding(data):
    encoding = data.draw(st.sampled_from([*WIDE, *MULTIBYTE, *SINGLE]), "encoding")
    dialect = data.draw(dialects(), "dialect")
    table = data.draw(tables(texts(encoding)), "table")
    assume(dialect.quoting != csv.QUOTE_NONE or len(table[0]) > 1)
    text = dialect.written(table)
    options = dialect.told(encoding)
    block_bytes = data.draw(st.sampled_from([3, 5, 16, 64, 4_000]), "block_bytes")
    assert read(text.encode(encoding), options, block_bytes) == expected(dialect, text)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_how_the_last_line_ends_makes_no_difference(data):
    # An escape character would escape the line end.
    dialect = data.draw(dialects().filter(lambda dialect: not dialect.escape), "dialect")
    one_line = texts("utf-8").map(lambda text: text.replace("\r", "").replace("\n", ""))
    text = dialect.written(data.draw(tables(one_line), "table"))
    for end in ("", "\n", "\r", "\r\n"):
        ended = text.removesuffix(dialect.line_end) + end
        assert read(ended.encode(), dialect.told("utf-8"), 7) == expected(dialect, text)


WRONG_BYTES = {
    "utf-8": b"\xff",
    "utf-8-sig": b"\xfe",
    "utf-16-le": b"\x00\xd8",
    "utf-16": b"\x00\xdc",
    "utf-32-be": b"\x00\x11\x00\x00",
    "cp1252": b"\x81",
    "cp1253": b"\xff",
    "shift_jis": b"\xff",
}
MARKS = {"utf-8-sig": ("utf-8", codecs.BOM_UTF8), "utf-16": ("utf-16-le", codecs.BOM_UTF16_LE)}
CODES = {
    "short": "ragged-row",
    "long": "ragged-row",
    "open quote": "ragged-row",
    "text behind": "ragged-row",
    "nul": "encoding-error",
    "undecodable": "encoding-error",
    "huge": "length-error",
}


class Planted(NamedTuple):
    """A file with defects, what is wrong where (record, line, code, byte offset), and the rest."""

    data: bytes
    options: SourceOptions
    faults: list[tuple[int, int, str, int]]
    intact: list[tuple[int, int, tuple[str | None, ...]]]
    block_bytes: int


def spoilt(dialect, kind, row):
    """A record with a defect: what stands before the place that a message names, and what behind it."""
    one, *others = row
    enclosed = dialect.delimiter.join([one, *["x"] * (len(others) - 1), ""])
    if kind == "short":
        return "", dialect.written([row[:-1]])
    if kind == "long":
        return "", dialect.written([[*row, "x"]])
    if kind == "huge":
        return "", enclosed + "h" * 1_000_001 + dialect.line_end
    if kind == "open quote":
        return enclosed, f"{dialect.quote}open{dialect.line_end}"
    if kind == "text behind":
        return f"{enclosed}{dialect.quote}a{dialect.quote}", f"b{dialect.line_end}"
    return f"{enclosed}a", ("\0" if kind == "nul" else "") + f"b{dialect.line_end}"


@st.composite
def planted(draw):
    """Records some of which are spoilt; enclosed cells do not begin with what may stand behind a closing quote.

    If they did, the first quote of one could close an open one before it, and no reader could tell.
    """
    encoding = draw(st.sampled_from(list(WRONG_BYTES)))
    codec, mark = MARKS.get(encoding, (encoding, b""))
    dialect = draw(dialects().filter(lambda dialect: dialect.quoting != csv.QUOTE_NONE))
    no_lines = "\r\n" if dialect.line_end == "\r" else "\r"
    cell = texts(codec).map(lambda text: text.translate(dict.fromkeys(map(ord, no_lines))))
    cell = cell.map(lambda text: text.lstrip(f"\n{dialect.delimiter}")).filter(lambda text: text != r"\N")
    width = draw(st.integers(2, 4))
    row = st.lists(cell, min_size=width - 1, max_size=width - 1)
    kinds = draw(st.lists(st.sampled_from([None, None, *CODES]), max_size=9))
    data = mark + dialect.written([[f"c{place}" for place in range(width)]]).encode(codec)
    faults, intact, line = [], [], 2
    for number, kind in enumerate(kinds, 1):
        cells = [f"r{number}", *draw(row)]
        before, behind = spoilt(dialect, kind, cells) if kind else ("", dialect.written([cells]))
        data += before.encode(codec)
        if kind:
            faults.append((number, line, CODES[kind], len(data)))
        else:
            intact.append((number, line, tuple(cell or None for cell in cells)))
        data += (WRONG_BYTES[encoding] if kind == "undecodable" else b"") + behind.encode(codec)
        line += (before + behind).count(dialect.line_end[-1])
    block_bytes = 400_000 if "huge" in kinds else draw(st.sampled_from([3, 16, 64, 4_000]))
    return Planted(data, dialect.told(encoding), faults, intact, block_bytes)


def found(source):
    """Faults with the byte offset that their message tells, and the records that have none."""
    blocks = list(source.blocks())
    faults = [row for block in blocks for row in block.faults.select("record_no", "line_no", "code", "message").rows()]
    records = [row for block in blocks for row in block.records.select(RECORD_NO, LINE_NO, *source.columns).rows()]
    offsets = [int(re.search(r"byte offset ([\d,]+)", message)[1].replace(",", "")) for *_, message in faults]
    return (
        [(*fault, offset) for (*fault, _), offset in zip(faults, offsets, strict=True)],
        [(number, line, tuple(cells)) for number, line, *cells in records],
    )


@settings(max_examples=80, deadline=None)
@given(planted())
def test_planted_defects_are_exactly_the_faults_with_their_lines_and_offsets(case):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(case.data)
        faults, records = found(open_source(str(path), case.options, block_bytes=case.block_bytes))
    assert faults == case.faults
    assert records == case.intact


@settings(max_examples=60, deadline=None)
@given(planted(), st.data())
def test_what_was_refused_and_comes_back_as_it_was_is_refused_again(case, data):
    with TemporaryDirectory() as folder:
        path, out = Path(folder) / "t.csv", Path(folder) / "rejects.csv"
        path.write_bytes(case.data)
        source = open_source(str(path), case.options, block_bytes=case.block_bytes)
        wrong = {number: code for number, _, code, _ in case.faults}
        also = data.draw(
            st.sets(st.sampled_from([number for number, *_ in case.intact] or [1])) if case.intact else st.just(set())
        )
        refused = [(number, None, None, code, f'found "{code}"; why', None) for number, code in wrong.items()]
        refused += [(number, None, "c0", "enum-error", "found, expected", None) for number in also]
        frame = pl.DataFrame(sorted(refused), schema=rejects.SCHEMA, orient="row")
        assert source.write_rejects(frame, out, load_id="20270301T093000Z-a1b2c3d4e5f6") == len(refused)
        returned = open_source(str(out), case.options, block_bytes=case.block_bytes)
        faults, records = found(returned)
    assert {number: code for number, _, code, _ in faults} == wrong
    assert [(number, cells) for number, _, cells in records] == [
        (number, cells) for number, _, cells in case.intact if number in also
    ]
