"""CSV: cells, lines, and records that cannot be split."""

from __future__ import annotations

import pytest

from regbulk.errors import SourceError
from regbulk.source import cut
from regbulk.source.contract import CLEARS, LINE_NO, RECORD_NO

SIZES = pytest.mark.parametrize("block_bytes", [3, 7, 3_000_000])


def rows(source):
    return [row for block in source.blocks() for row in block.records.select(source.columns).rows()]


def lines(source):
    return [tuple(row) for block in source.blocks() for row in block.records.select(RECORD_NO, LINE_NO).rows()]


def faults(source):
    return [row for block in source.blocks() for row in block.faults.select("record_no", "line_no", "code").rows()]


def messages(source):
    return [message for block in source.blocks() for message in block.faults["message"]]


@SIZES
def test_nothing_is_inferred(open_bytes, block_bytes):
    source = open_bytes(b"a,b,c\n007,12345678901234567890,1E5\ntrue,2024-01-01, x \n", block_bytes=block_bytes)
    assert rows(source) == [("007", "12345678901234567890", "1E5"), ("true", "2024-01-01", " x ")]


def test_an_empty_cell_is_null_quoted_or_not(open_bytes):
    assert rows(open_bytes(b'a,b,c\n,"",x\n')) == [(None, None, "x")]


def test_backslash_n_asks_to_clear_its_field_and_only_as_the_whole_cell(open_bytes):
    (block,) = open_bytes(b'a,b,c\n\\N,x,"\\N"\n\\Nx,\\n,\\\\N\n').blocks()
    assert block.records[CLEARS].to_list() == [["a", "c"], []]
    assert block.records.select("a", "b", "c").rows() == [(None, "x", None), ("\\Nx", "\\n", "\\\\N")]


@SIZES
def test_lines_are_counted_as_an_editor_shows_them(open_bytes, block_bytes):
    source = open_bytes(b'\n"a\nA",b\n\n1,"x\n\ny"\n   \n\t\n2,z\n', block_bytes=block_bytes)
    assert source.columns == ("a\nA", "b")
    assert lines(source) == [(1, 5), (2, 10)]


@SIZES
def test_crlf_and_a_missing_last_line_end(open_bytes, block_bytes):
    source = open_bytes(b'a,b\r\n1,"x\r\ny"\r\n\r\n2,z', block_bytes=block_bytes)
    assert rows(source) == [("1", "x\r\ny"), ("2", "z")]
    assert lines(source) == [(1, 2), (2, 5)]


def test_spaces_alone_are_a_cell_where_there_is_one_column(open_bytes):
    assert rows(open_bytes(b"a\n  \n\nx\n")) == [("  ",), ("x",)]


def test_delimiters_alone_are_a_record_of_nothing(open_bytes):
    assert rows(open_bytes(b"a,b,c\n,,\n")) == [(None, None, None)]


@SIZES
def test_a_byte_order_mark_is_no_part_of_the_first_name(open_bytes, block_bytes):
    source = open_bytes(b"\xef\xbb\xbfa,b\n1,2\n", block_bytes=block_bytes)
    assert source.columns == ("a", "b")
    assert rows(source) == [("1", "2")]


@SIZES
def test_ragged_records_are_faults_and_their_neighbours_are_not(open_bytes, block_bytes):
    source = open_bytes(b'a,b,c\n1,2,3\n4,5\n6,7,8,9\n"x,y",2,3,\n4,"5\n,6",7\n', block_bytes=block_bytes)
    assert faults(source) == [(2, 3, "ragged-row"), (3, 4, "ragged-row"), (4, 5, "ragged-row")]
    assert messages(source) == [
        "found 2 cells, expected 3; a cell or a comma is missing",
        "found 4 cells, expected 3; enclose a cell with a comma in quotes",
        "found 4 cells, expected 3; enclose a cell with a comma in quotes",
    ]
    assert rows(source) == [("1", "2", "3"), ("4", "5\n,6", "7")]
    assert sum(block.read for block in source.blocks()) == 5


@SIZES
def test_undecodable_bytes_are_faults_with_their_place(open_bytes, block_bytes):
    source = open_bytes(b'a,b\n1,x\n2,M\xfcller\n"\xff",\n3,\xc3\xa9\n4\n', block_bytes=block_bytes)
    assert faults(source) == [(2, 3, "encoding-error"), (3, 4, "encoding-error"), (5, 6, "ragged-row")]
    assert messages(source)[0].startswith("found byte 0xFC at byte 4 of the record, expected UTF-8")
    assert rows(source) == [("1", "x"), ("3", "é")]


@SIZES
def test_quotes_inside_a_cell_without_quotes_are_text(open_bytes, block_bytes):
    source = open_bytes(b'a,b,c\n5" x,6" y,z"z"z\n', block_bytes=block_bytes)
    assert rows(source) == [('5" x', '6" y', 'z"z"z')]


@pytest.mark.parametrize("cell", [b'"Anna "the boss" Lee"', b'"a"b', b'""a""', b'"a"b""', b'"a" '])
def test_text_behind_a_closing_quote_is_a_fault_and_nothing_is_dropped_silently(open_bytes, cell):
    source = open_bytes(b"a,b\n1,x\n2," + cell + b"\n3,z\n")
    assert faults(source) == [(2, 3, "ragged-row")]
    assert "behind the closing quote" in messages(source)[0]
    assert rows(source) == [("1", "x"), ("3", "z")]


@SIZES
@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'a,b\n1,x\n2,"open\n3,y\n', 3),
        (b'a,b\n1,x\n2,"open\n3,"y"\n4,"z"\n', 3),
        (b'a,b\n1,x\n"2\n3",5" wide\n4,y\n5,7" wide\n', 4),
        (b'a,b\n1,"x""\n', 2),
        (b'"a,b\n1,2\n', 1),
    ],
    ids=["to the end", "others after it", "two in open cells", "escaped, not closed", "header"],
)
def test_an_unclosed_quote_is_named_by_the_line_that_opens_it(open_bytes, data, line, block_bytes):
    with pytest.raises(SourceError, match=f"line {line}: a quote is not closed"):
        list(open_bytes(data, block_bytes=block_bytes).blocks())


def test_an_unclosed_quote_is_found_in_bounded_memory(open_bytes):
    rest = b"11,some text without quotes\n" * (1 + cut.RECORD_LIMIT // 28)
    source = open_bytes(b'a,b\n10,"open\n' + rest)
    with pytest.raises(SourceError, match="line 2: a quote is not closed, or a record is larger than 64 MB"):
        list(source.blocks())


@SIZES
def test_a_nul_byte_is_an_error_with_its_line(open_bytes, block_bytes):
    with pytest.raises(SourceError, match="line 3: found a NUL byte"):
        list(open_bytes(b"a,b\n1,2\n3,\0\n", block_bytes=block_bytes).blocks())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty; expected a header line"),
        (b"\xef\xbb\xbf\r\n\n", "the file is empty; expected a header line"),
        (b"first_name;last_name\nA;B\n", "found semicolons between the names, expected commas"),
        (b"first_name\tlast_name\n", "found tabs between the names, expected commas"),
        (b"sep=,\na,b\n", "found a 'sep=' line, expected the header"),
        (b"a,b\r1,2\r3,4\r", "lines end with a lone CR"),
        (b"a,M\xfcller\n1,2\n", "found byte 0xFC in the header, expected UTF-8"),
        (b'a,"b"c\n1,2\n', "the header cannot be split into names"),
        (b"\xff\xfea\0,\0b\0\n\0", "found UTF-16 text"),
    ],
)
def test_a_file_without_a_usable_header_is_refused_with_what_to_do(open_bytes, data, message):
    with pytest.raises(SourceError, match=message):
        open_bytes(data)


def test_names_that_cannot_be_told_apart_open_but_are_not_read(open_bytes):
    source = open_bytes(b"a,,A,a\n1,2,3,4\n")
    with pytest.raises(SourceError, match="2 problems"):
        list(source.blocks())
