"""Any table that Python's csv module writes reads back cell by cell, in blocks of any size."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from regbulk.source import open_source
from regbulk.source.contract import LINE_NO, RECORD_NO

AWKWARD = st.text(alphabet=",\"\n\r \t;|\\N'éа😀=0", max_size=6)
PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
CELL = st.one_of(AWKWARD, PLAIN).filter(lambda text: text != "\\N")
ONE_LINE_END = CELL.map(lambda text: text.replace("\r", ""))


def tables(cell):
    return st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), max_size=8))


def written(rows, *, line_end, quoting):
    names = [f"c{number}" for number in range(len(rows[0]) if rows else 2)]
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=line_end, quoting=quoting).writerows([names, *rows])
    return stream.getvalue()


def read(text, block_bytes):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(text.encode())
        source = open_source(str(path), block_bytes=block_bytes)
        blocks = list(source.blocks())
    assert all(block.faults.is_empty() for block in blocks)
    cells = [list(row) for block in blocks for row in block.records.select(source.columns).rows()]
    places = [row for block in blocks for row in block.records.select(RECORD_NO, LINE_NO).rows()]
    return cells, places


@settings(max_examples=80, deadline=None)
@given(rows=tables(CELL), block_bytes=st.integers(3, 90), all_quoted=st.booleans())
def test_cells_read_back_as_they_were_written(rows, block_bytes, all_quoted):
    text = written(rows, line_end="\r\n", quoting=csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL)
    cells, _ = read(text, block_bytes)
    assert cells == [[cell or None for cell in row] for row in rows]


@settings(max_examples=80, deadline=None)
@given(rows=tables(ONE_LINE_END), block_bytes=st.integers(3, 90), line_end=st.sampled_from(["\n", "\r\n"]))
def test_lines_are_those_of_the_csv_reader(rows, block_bytes, line_end):
    text = written(rows, line_end=line_end, quoting=csv.QUOTE_MINIMAL)
    reader = csv.reader(io.StringIO(text, newline=""))
    next(reader)
    starts = []
    before = reader.line_num
    for _ in reader:
        starts.append(before + 1)
        before = reader.line_num
    _, places = read(text, block_bytes)
    assert places == list(enumerate(starts, 1))
