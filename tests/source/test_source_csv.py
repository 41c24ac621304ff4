"""CSV: cells, lines, rows of nothing, and records that cannot be split."""

from __future__ import annotations

import re

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


def skipped(source):
    found = [block.skipped for block in source.blocks()]
    return sum(each.blank_rows for each in found), sum(each.footers for each in found)


def read(source):
    return sum(block.read for block in source.blocks())


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


def test_a_name_may_hold_signs_of_a_pattern(open_bytes):
    (block,) = open_bytes(b"^a.*,a$,b\n\\N,\\N,x\n").blocks()
    assert block.records.rows() == [(1, 2, ["^a.*", "a$"], None, None, "x")]


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


@SIZES
def test_line_ends_may_be_mixed_and_a_lone_cr_is_one(open_bytes, block_bytes):
    source = open_bytes(b'a,b\r1,2\r\n3,4\n\r5,"6\r7"\r\r\n8,"9\n"\r', block_bytes=block_bytes)
    assert rows(source) == [("1", "2"), ("3", "4"), ("5", "6\r7"), ("8", "9\n")]
    assert lines(source) == [(1, 2), (2, 3), (3, 5), (4, 8)]
    assert skipped(source) == (2, 0)


@SIZES
def test_a_byte_order_mark_is_no_part_of_the_first_name(open_bytes, block_bytes):
    source = open_bytes(b"\xef\xbb\xbfa,b\n1,2\n", block_bytes=block_bytes)
    assert source.columns == ("a", "b")
    assert rows(source) == [("1", "2")]


class TestRowsOfNothing:
    DATA = b'\n;"";\na;b;c\n;;\n1;2;3\n\n " ; ;\n"";" ";\t\n\n4;5;6\n;;\n\n'

    @SIZES
    def test_they_are_passed_over_and_counted(self, open_bytes, block_bytes):
        source = open_bytes(self.DATA, block_bytes=block_bytes)
        assert lines(source) == [(1, 5), (2, 7), (3, 10)]
        assert rows(source)[1] == (' " ', " ", None)
        assert skipped(source) == (8, 0)
        assert read(source) == 3

    @SIZES
    def test_they_are_refused_if_told_but_not_above_the_header(self, open_bytes, block_bytes):
        source = open_bytes(self.DATA, block_bytes=block_bytes, blank_rows="reject")
        refused = [(number, line) for number, line, code in faults(source) if code == "blank-row"]
        assert refused == [(1, 4), (3, 6), (5, 8), (6, 9), (8, 11), (9, 12)]
        assert lines(source) == [(2, 5), (4, 7), (7, 10)]
        assert skipped(source) == (2, 0)
        assert read(source) == 9
        assert messages(source)[0] == (
            "found a row without any value, expected a record; remove it, or have such rows skipped with "
            "--blank-rows skip"
        )

    @pytest.mark.parametrize("mode", ["skip", "reject"])
    @SIZES
    def test_a_file_of_nothing_else_has_no_records(self, open_bytes, block_bytes, mode):
        source = open_bytes(b"a,b\n\n,\n\n", block_bytes=block_bytes, blank_rows=mode)
        assert rows(source) == []
        assert skipped(source)[0] + read(source) == 3

    @SIZES
    def test_quotes_that_are_text_are_a_value(self, open_bytes, block_bytes):
        source = open_bytes(b'a,b\n"""",\n"""""",""\n"",""\n', block_bytes=block_bytes)
        assert rows(source) == [('"', None), ('""', None)]
        assert skipped(source) == (1, 0)

    def test_spaces_and_quotes_are_a_cell_where_there_is_one_column(self, open_bytes):
        source = open_bytes(b'  \na\n  \n\n""\nx\n')
        assert source.columns == ("a",)
        assert rows(source) == [("  ",), (None,), ("x",)]
        assert skipped(source) == (2, 0)


class TestColumnsWithoutName:
    @pytest.mark.parametrize("header", [b"a;b;;", b'a;b;"";" "', b"a;b"])
    @SIZES
    def test_those_at_the_end_are_left_out(self, open_bytes, header, block_bytes):
        source = open_bytes(header + b"\n1;2;;\n3;;;\n\n;4;;\n", block_bytes=block_bytes)
        assert source.columns == ("a", "b")
        assert rows(source) == [("1", "2"), ("3", None), (None, "4")]
        assert "columns behind the last name (2) left out" in source.decisions[-1]

    def test_a_header_may_have_more_of_them_than_its_records(self, open_bytes):
        assert rows(open_bytes(b"a;b;;;\n1;2\n3;4\n")) == [("1", "2"), ("3", "4")]

    @SIZES
    def test_a_value_there_is_a_fault_of_its_record(self, open_bytes, block_bytes):
        source = open_bytes(b"a;b;\n" + b"1;2;\n" * 20 + b"3;4;x\n5;6; \n7;8\n", block_bytes=block_bytes)
        assert faults(source) == [(21, 22, "ragged-row"), (23, 24, "ragged-row")]
        assert messages(source) == [
            (
                "found a value behind column 2, expected none where no column has a name; name the column "
                "or remove the "
                "value (the record begins at byte offset 105)"
            ),
            (
                "found 2 cells, expected 3 (1 of them without a name); add the missing cell or semicolon "
                "(the record begins at byte offset 117)"
            ),
        ]
        assert rows(source)[-1] == ("5", "6")

    def test_a_blank_name_between_others_is_a_problem(self, open_bytes):
        with pytest.raises(SourceError, match="column 2 has no name"):
            list(open_bytes(b"a,,b\n1,2,3\n").blocks())


@SIZES
def test_ragged_records_are_faults_and_their_neighbours_are_not(open_bytes, block_bytes):
    source = open_bytes(b'a,b,c\n1,2,3\n4,5\n6,7,8,9\n"x,y",2,3,\n4,"5\n,6",7\n', block_bytes=block_bytes)
    assert faults(source) == [(2, 3, "ragged-row"), (3, 4, "ragged-row"), (4, 5, "ragged-row")]
    assert messages(source) == [
        "found 2 cells, expected 3; add the missing cell or comma (the record begins at byte offset 12)",
        "found 4 cells, expected 3; enclose a cell that holds a comma in quotes (the record begins at byte offset 16)",
        "found 4 cells, expected 3; enclose a cell that holds a comma in quotes (the record begins at byte offset 24)",
    ]
    assert rows(source) == [("1", "2", "3"), ("4", "5\n,6", "7")]
    assert read(source) == 5


@SIZES
def test_undecodable_bytes_are_faults_with_their_place(open_bytes, block_bytes):
    data = b'a,b\n1,x\n2,M\xfcller\n"\xff",\n3,\xc3\xa9\n4\n5\xfe,,\n'
    source = open_bytes(data, block_bytes=block_bytes, encoding="utf-8")
    assert faults(source) == [
        (2, 3, "encoding-error"),
        (3, 4, "encoding-error"),
        (5, 6, "ragged-row"),
        (6, 7, "encoding-error"),
    ]
    for message, octet in zip(messages(source)[:2], (0xFC, 0xFF), strict=True):
        assert message == (
            f"found byte 0x{octet:02X} at byte offset {data.index(octet)}, expected utf-8 text; "
            "correct it, or say how the whole file is written with --encoding"
        )
    assert rows(source) == [("1", "x"), ("3", "é")]


@SIZES
def test_a_nul_byte_is_a_fault_with_its_place(open_bytes, block_bytes):
    source = open_bytes(b'a,b\n1,2\n3,\0\n4,"\0"x\n5,6\n', block_bytes=block_bytes)
    assert faults(source) == [(2, 3, "encoding-error"), (3, 4, "encoding-error")]
    assert messages(source)[0] == (
        "found a NUL byte at byte offset 10, expected text; the record is damaged: correct it, or remove the byte"
    )
    assert rows(source) == [("1", "2"), ("5", "6")]


@pytest.mark.parametrize("block_bytes", [99_999, 3_000_000])
def test_a_cell_that_is_too_long_is_a_fault(open_bytes, block_bytes):
    most, more = b"x" * 1_000_000, b'"' + b"y\n" * 500_000 + b'"""'
    source = open_bytes(b"a,b\n1," + most + b"\n2," + more + b"\n3,z\n", block_bytes=block_bytes)
    assert faults(source) == [(2, 3, "length-error")]
    assert messages(source) == [
        (
            "found 1,000,001 bytes in column 2 ('b'), expected at most 1,000,000 in a cell; shorten it "
            "(the record begins at byte offset 1,000,007)"
        )
    ]
    assert rows(source) == [("1", most.decode()), ("3", "z")]


@SIZES
def test_quotes_inside_a_cell_without_quotes_are_text(open_bytes, block_bytes):
    source = open_bytes(b'a,b,c\n5" x,6" y,z"z"z\n', block_bytes=block_bytes)
    assert rows(source) == [('5" x', '6" y', 'z"z"z')]


@SIZES
@pytest.mark.parametrize(
    ("cell", "place"),
    [(b'"Anna "the boss" Lee"', 7), (b'"a"b', 3), (b'""a""', 2), (b'"a"b""', 3), (b'"a" ', 3)],
)
def test_text_behind_a_closing_quote_is_a_fault_and_nothing_is_dropped_silently(open_bytes, cell, place, block_bytes):
    source = open_bytes(b"a,b\n1,x\n2," + cell + b"\n3,z\n", block_bytes=block_bytes)
    assert faults(source) == [(2, 3, "ragged-row")]
    assert messages(source) == [
        (
            f"found text at byte offset {10 + place} behind a closing quote, expected a comma or the end of the line; "
            "write quotes inside a cell twice and enclose the whole cell"
        )
    ]
    assert rows(source) == [("1", "x"), ("3", "z")]


@SIZES
@pytest.mark.parametrize(
    ("data", "refused", "intact"),
    [
        (b'a,b\n1,x\n2,"open\n3,y\n', [2], ["1", "3"]),
        (b'a,b\n1,x\n2,"open\n3,"y"\n4,"z"\n', [2], ["1", "3", "4"]),
        (b'a,b\n1,x\n"2\n3",5" wide\n4,y\n5,7" wide\n', [], ["1", "2\n3", "4", "5"]),
        (b'a,b\n1,"x""\n2,y', [1], ["2"]),
        (b'a,b\n1,"x\n2,y"z\n3,"4\n5"\n', [1], ["2", "3"]),
        (b'a,b\r\n1,"x\r\n2,"y"\r\n3,z"\r\n', [1], ["2", "3"]),
    ],
    ids=["to the end", "others after it", "closed over a line", "escaped, not closed", "closed with text", "crlf"],
)
def test_an_unclosed_quote_is_a_fault_of_its_line_and_reading_goes_on_behind_it(
    open_bytes, data, refused, intact, block_bytes
):
    source = open_bytes(data, block_bytes=block_bytes)
    assert [(number, code) for number, _, code in faults(source)] == [(number, "ragged-row") for number in refused]
    assert [row[0] for row in rows(source)] == intact
    assert read(source) == len(refused) + len(intact)


def test_an_unclosed_quote_is_told_with_its_place(open_bytes):
    source = open_bytes(b'a,b\n1,"x","open\n')
    assert messages(source) == [
        (
            "found a quote at byte offset 10 that opens a cell and is not closed, expected a quote at "
            "the end of the cell; "
            "close it, or write quotes inside a cell twice and enclose the whole cell"
        )
    ]


@pytest.mark.parametrize("block_bytes", [1_000_000, 3_000_000])
def test_an_unclosed_quote_is_found_in_bounded_memory_and_costs_one_record(open_bytes, block_bytes):
    line = b"11," + b"some text " * 50 + b"\n"
    count = 1 + 3 * cut.RECORD_LIMIT // len(line)
    source = open_bytes(b'a,b\n10,"open\n' + line * count + b'12,"x"\n', block_bytes=block_bytes)
    assert faults(source) == [(1, 2, "ragged-row")]
    assert max(block.read for block in source.blocks()) <= 2 * (cut.RECORD_LIMIT + block_bytes) // len(line)
    assert read(source) == count + 2


@pytest.mark.parametrize("block_bytes", [300_000, 1_000_000, 9_000_000])
def test_where_a_long_record_ends_does_not_depend_on_the_size_of_blocks(open_bytes, block_bytes):
    line = b"x" * 4_999 + b"\n"
    fits, long = (line * count for count in (cut.RECORD_LIMIT // 5_000 - 1, cut.RECORD_LIMIT // 5_000))
    source = open_bytes(b'a,b\n1,"' + fits + b'"\n2,"' + long + b'"\n3,z\n', block_bytes=block_bytes)
    found = faults(source)
    assert found[:2] == [(1, 2, "length-error"), (2, 3 + len(fits) // 5_000, "ragged-row")]
    assert len(found) == 2 + len(long) // 5_000
    assert {code for _, _, code in found[1:]} == {"ragged-row"}
    assert rows(source) == [("3", "z")]


def test_a_file_without_lines_is_refused_in_bounded_memory(open_bytes):
    with pytest.raises(SourceError, match="line 2: found more than 32 MB without a line end"):
        list(open_bytes(b"a,b\n" + b"x" * 40_000_000).blocks())
    with pytest.raises(SourceError, match="line 1: found more than 32 MB without a line end"):
        open_bytes(b"x" * 40_000_000)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty; expected a header line"),
        (b"\xef\xbb\xbf\r\n\n", "the file is empty; expected a header line"),
        (b",,\n \n", "the file is empty; expected a header line"),
        (b"sep=,\n", "the file is empty; expected a header line"),
        (b"a,M\xc3\xbcller\xff,\xc3\xa9\xc3\xa9" + b"\xc3\xa9" * 9 + b"\n1,2\n", "found byte 0xFF in the header"),
        (b"a,b\0\n1,2\n", "found a NUL byte in the header"),
        (b'a,"b"c\n1,2\n', "the header cannot be split into names"),
        (b'"a,b\n1,2\n', "the header cannot be split into names"),
        (",".join(map(str, range(5_001))).encode(), "found 5,001 names in the header, expected at most 5,000"),
    ],
)
def test_a_file_without_a_usable_header_is_refused_with_what_to_do(open_bytes, data, message):
    with pytest.raises(SourceError, match=re.escape(message)):
        open_bytes(data)


def test_names_that_cannot_be_told_apart_open_but_are_not_read(open_bytes):
    source = open_bytes(b"a,,A,a\n1,2,3,4\n")
    with pytest.raises(SourceError, match="2 problems"):
        list(source.blocks())
