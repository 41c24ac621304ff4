"""`rejects.csv` of a CSV source: raw bytes out, record numbers back in."""

from __future__ import annotations

import polars as pl
import pytest

from regbulk import rejects
from regbulk.errors import SourceError
from regbulk.source import open_source
from regbulk.source.contract import LINE_NO, RECORD_NO
from regbulk.source.options import SourceOptions

CRLF = b'\xef\xbb\xbfa,b\r\n1,"x\r\ny"\r\n2\r\n3,M\xfcller\r\n4,"say ""hi"""\r\n5,z'
LOAD = "20270301T093000Z-a1b2c3d4e5f6"
OWN = b",_load_id,_record_no,_line_no,_errors"


@pytest.fixture
def rejected(open_bytes, refuse, tmp_path):
    def write(data, numbers, block_bytes=3_000_000, load_id=LOAD, **told):
        out = tmp_path / "rejects.csv"
        source = open_bytes(data, block_bytes=block_bytes, **told)
        source.write_rejects(refuse(numbers), out, load_id=load_id)
        return out

    return write


def places(source):
    return [row for block in source.blocks() for row in block.records.select(RECORD_NO, LINE_NO).rows()]


def faults(source):
    return [row for block in source.blocks() for row in block.faults.select("record_no", "line_no", "code").rows()]


def rows(source):
    return [row for block in source.blocks() for row in block.records.select(RECORD_NO, *source.columns).rows()]


@pytest.mark.parametrize("block_bytes", [4, 3_000_000])
def test_records_stand_there_byte_by_byte_with_the_files_own_line_end(rejected, block_bytes):
    lines = rejected(CRLF, [1, 2, 3, 5], block_bytes, encoding="utf-8").read_bytes().split(b"\r\n")
    load = LOAD.encode()
    assert lines[0] == b"\xef\xbb\xbfa,b" + OWN
    assert lines[1] + b"\r\n" + lines[2].partition(b"," + load + b",1,2,")[0] == b'1,"x\r\ny"'
    assert lines[3].startswith(b"2," + load + b',2,4,"enum-error status: found ""x""')
    assert lines[4].startswith(b"3,M\xfcller," + load + b",3,5,")
    assert lines[5].startswith(b"5,z," + load + b",5,7,")
    assert lines[6:] == [b""]


def test_the_load_is_named_and_found_again(rejected):
    assert open_source(str(rejected(CRLF, [1]))).returned_from == LOAD
    assert open_source(str(rejected(CRLF, [1], load_id=None))).returned_from is None
    assert open_source(str(rejected(CRLF, []))).returned_from is None


def test_the_load_is_found_behind_a_record_of_any_length(rejected):
    data = b"a,b\n\n1," + b"x" * 2_000_000 + b"\n2,y\n"
    returned = open_source(str(rejected(data, [1, 2])), block_bytes=10_000)
    assert returned.returned_from == LOAD
    assert faults(returned) == [(1, 2, "length-error")]
    assert rows(returned) == [(2, "2", "y")]


def test_another_source_comes_from_no_load(open_bytes):
    assert open_bytes(CRLF).returned_from is None


def test_records_of_two_loads_are_an_error_with_their_lines(open_bytes):
    source = open_bytes(b"a,b" + OWN + b"\n1,x,L-1,1,2,e\n2,y,,2,3,e\n3,z,L-2,3,4,e\n4,z,L-1,4,5,e\n", block_bytes=9)
    assert source.returned_from == "L-1"
    with pytest.raises(SourceError, match="line 3: found a record that was refused by no load, expected L-1 as before"):
        list(source.blocks())


def test_what_is_still_wrong_is_refused_again_under_its_number(rejected):
    returned = open_source(str(rejected(CRLF, [1, 2, 3], encoding="utf-8")))
    assert places(returned) == [(1, 2)]
    assert faults(returned) == [(2, 4, "ragged-row"), (3, 5, "encoding-error")]
    (block,) = returned.blocks()
    assert block.faults["message"][0].startswith("found 1 cell, expected 2;")


def test_what_was_corrected_keeps_its_number(rejected):
    out = rejected(CRLF, [2, 3], encoding="utf-8")
    out.write_bytes(out.read_bytes().replace(b"\r\n2,2", b"\r\n2,two,2").replace(b"\xfc", "ü".encode()))
    assert rows(open_source(str(out))) == [(2, "2", "two"), (3, "3", "Müller")]


def test_rejects_of_rejects_replace_the_four_columns(rejected, refuse, tmp_path):
    first = rejected(CRLF, [1, 2, 4], encoding="utf-8")
    second = tmp_path / "again.csv"
    assert open_source(str(first)).write_rejects(refuse([2, 4]), second, load_id="L-2") == 2
    lines = second.read_bytes().split(b"\r\n")
    assert lines[0] == b"\xef\xbb\xbfa,b" + OWN
    assert lines[1].startswith(b'2,L-2,2,4,"enum-error')
    assert lines[2].startswith(b'4,"say ""hi""",L-2,4,5,"enum-error')
    assert lines[2].count(b"condition-error") == 1
    assert open_source(str(second)).returned_from == "L-2"


@pytest.mark.parametrize(
    "style",
    [
        b'1,x,L,"7","9","why"',
        b"1,x,,7,,",
        b'1,x,"",7,9,why',
        b"1,x," + LOAD.encode() + b",7,9,why",
        b'1,x,,7,9,"a ""b"", c\nd"',
    ],
)
def test_numbers_are_found_however_the_cells_are_quoted(open_bytes, style):
    assert places(open_bytes(b"a,b" + OWN + b"\n" + style + b"\n")) == [(7, 2)]


def test_numbers_in_the_data_are_not_taken_for_the_records_own(open_bytes):
    source = open_bytes(b"a,b" + OWN + b'\n1,2,"3,,4,""5""",,7,9,"x"\n"6,,7,8,",1,,8,9,"y"\n"6,,7,8,""",2,,9,9,"z"\n')
    assert [row[:1] for row in faults(source)] == [(7,)]
    assert places(source) == [(8, 3), (9, 4)]


@pytest.mark.parametrize("number", [b"", b"0", b"-1", b"x", b"1.5", b"1e3"])
def test_a_record_without_its_number_is_an_error_with_the_line(open_bytes, number):
    source = open_bytes(b"a,b" + OWN + b"\n1,x,,1,2,e\n2,y,," + number + b",3,e\n")
    with pytest.raises(SourceError, match="line 3: found no whole number from 1 in _record_no"):
        list(source.blocks())


def test_many_records_without_a_number_are_told_in_few_lines(open_bytes):
    source = open_bytes(b"a,b" + OWN + b"\n" + b"1,x,,,2,e\n" * 1_234)
    with pytest.raises(SourceError) as error:
        list(source.blocks())
    assert len(error.value.problems) == 11
    assert error.value.problems[-1] == "1,224 more lines like these"


def test_a_number_may_stand_once_in_all_blocks(open_bytes):
    source = open_bytes(b"a,b" + OWN + b"\n1,x,,5,2,e\n2,y,,6,3,e\n3,z,,5,4,e\n", block_bytes=12)
    with pytest.raises(SourceError, match="line 4: found record 5 twice in this file, expected it once; keep one"):
        list(source.blocks())


def test_regbulks_columns_elsewhere_make_it_no_rejects_file(open_bytes):
    source = open_bytes(b"_load_id,_record_no,_line_no,_errors,a\n1,2,3,4,5\n")
    with pytest.raises(SourceError, match="4 problems"):
        list(source.blocks())


class TestRowsOfNothing:
    """A blank row that was refused comes back as one; one that someone left between the records never was one."""

    DATA = b"a;b\n;\n1;2\n;\n"

    @pytest.mark.parametrize("block_bytes", [3, 3_000_000])
    def test_refused_ones_are_refused_again(self, rejected, block_bytes):
        out = rejected(self.DATA, [1, 3], block_bytes, blank_rows="reject")
        out.write_bytes(out.read_bytes().replace(b"\n", b"\n;;;;;\n\n"))
        returned = open_source(str(out), SourceOptions(blank_rows="reject"), block_bytes=block_bytes)
        assert [(number, code) for number, _, code in faults(returned)] == [(1, "blank-row"), (3, "blank-row")]
        assert sum(block.skipped.blank_rows for block in returned.blocks()) == 6

    def test_they_are_passed_over_and_counted_if_told(self, rejected):
        returned = open_source(str(rejected(self.DATA, [1, 2, 3], blank_rows="reject")))
        assert rows(returned) == [(2, "1", "2")]
        assert sum(block.skipped.blank_rows for block in returned.blocks()) == 2


def test_columns_without_a_name_keep_their_place(rejected):
    for header in (b"a;b", b"a;b;;;", b'a;b;"";'):
        out = rejected(header + b"\n" + b"1;2;;\n" * 9 + b"3;4;5;\n", [9, 10])
        returned = open_source(str(out))
        assert out.read_bytes().split(b"\n")[0].count(b";") == 3 + 4
        assert returned.columns == ("a", "b")
        assert rows(returned) == [(9, "1", "2")]
        assert [row[0] for row in faults(returned)] == [10]


def test_a_footer_that_was_refused_is_refused_again(open_bytes, tmp_path):
    source = open_bytes(b"a,b,c\n1,2,3\nTotal: 1,000\n")
    (found,) = [block.faults for block in source.blocks()]
    source.write_rejects(found, tmp_path / "rejects.csv")
    assert faults(open_source(str(tmp_path / "rejects.csv"))) == [(2, 2, "footer-row")]


class TestInTheDialectOfTheSource:
    """Nothing is told when the rejects are read again: they show their dialect themselves."""

    @pytest.mark.parametrize(
        "data",
        [
            b"a;b\n1;'x;''y'''\n'2;3';'z'\n3;4;5\n'4';''\n'5;';'6'\n",
            b"'a';'b'\n'1\n2';'\"x\"'\n'2;3;4\n'3';'4'z\n'4\"';'5'\n'5';'\"6\"'\n",
            b'a,b\n1,"x \\"y\\" \\\\z"\n"2",",\\\\"\n3,4,5\n4,"\\\\"\n5,"\\\nz"\n',
            b"sep=|\r\na|b\r\n1|x\r\n2,|y\r\n3|4|5\r\n4|\r\n5|;\r\n",
            b'a\tb\r1\t"x\r\ny"\r2\t"y"z\r3\r4\t,\r5\t;\r',
        ],
        ids=["apostrophes", "apostrophes, ill-quoted", "backslashes", "sep line", "tabs, lone CR"],
    )
    @pytest.mark.parametrize("numbers", [[1, 2, 3, 4, 5], [2], [3], [4]])
    def test_they_read_back_as_they_were(self, open_bytes, rejected, data, numbers):
        source = open_bytes(data)
        there = {row[0]: row for row in rows(source)}
        wrong = {number: code for number, _, code in faults(source)}
        returned = open_source(str(rejected(data, numbers)))
        assert rows(returned) == [there[number] for number in numbers if number in there]
        assert {number: code for number, _, code in faults(returned)} == {
            number: wrong[number] for number in numbers if number in wrong
        }

    def test_half_a_character_at_the_end_stays_wrong_and_shifts_nothing(self, rejected):
        data = "a,b\n1,x\n2,y".encode("utf-16") + b"\x00"
        returned = open_source(str(rejected(data, [1, 2])))
        assert rows(returned) == [(1, "1", "x")]
        assert faults(returned) == [(2, 3, "encoding-error")]

    def test_errors_with_characters_that_the_encoding_lacks(self, open_bytes, tmp_path):
        source = open_bytes("a,b\n1,é\n".encode("cp1252"), encoding="cp1252")
        found = [(1, 2, "b", "enum-error", "found Ω, expected é", None)]
        frame = pl.DataFrame(found, schema=rejects.SCHEMA, orient="row")
        source.write_rejects(frame, tmp_path / "rejects.csv")
        assert "found ?, expected é".encode("cp1252") in (tmp_path / "rejects.csv").read_bytes()


def test_without_quotes_an_error_stays_one_cell(open_bytes, rejected):
    out = rejected(b'a|b\n1|"x\n', [1], quote="")
    assert out.read_bytes().splitlines()[1].count(b"|") == 5
    assert rows(open_source(str(out), SourceOptions(quote=""))) == [(1, "1", '"x')]
