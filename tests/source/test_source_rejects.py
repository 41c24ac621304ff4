"""`rejects.csv` of a CSV source: raw bytes out, record numbers back in."""

from __future__ import annotations

import pytest

from regbulk.errors import SourceError
from regbulk.source import open_source
from regbulk.source.contract import LINE_NO, RECORD_NO

CRLF = b'\xef\xbb\xbfa,b\r\n1,"x\r\ny"\r\n2\r\n3,M\xfcller\r\n4,"say ""hi"""\r\n5,z'
OWN = b",_record_no,_line_no,_errors"


@pytest.fixture
def rejected(open_bytes, refuse, tmp_path):
    def write(data, numbers, block_bytes=3_000_000):
        out = tmp_path / "rejects.csv"
        open_bytes(data, block_bytes=block_bytes).write_rejects(refuse(numbers), out)
        return out

    return write


def places(source):
    return [row for block in source.blocks() for row in block.records.select(RECORD_NO, LINE_NO).rows()]


def faults(source):
    return [row for block in source.blocks() for row in block.faults.select("record_no", "line_no", "code").rows()]


@pytest.mark.parametrize("block_bytes", [4, 3_000_000])
def test_records_stand_there_byte_by_byte_with_the_files_own_line_end(rejected, block_bytes):
    lines = rejected(CRLF, [1, 2, 3, 5], block_bytes).read_bytes().split(b"\r\n")
    assert lines[0] == b"\xef\xbb\xbfa,b" + OWN
    assert lines[1] + b"\r\n" + lines[2].partition(b",1,2,")[0] == b'1,"x\r\ny"'
    assert lines[3].startswith(b'2,2,4,"enum-error status: found ""x""')
    assert lines[4].startswith(b"3,M\xfcller,3,5,")
    assert lines[5].startswith(b"5,z,5,7,")
    assert lines[6:] == [b""]


def test_what_is_still_wrong_is_refused_again_under_its_number(rejected):
    returned = open_source(str(rejected(CRLF, [1, 2, 3])))
    assert places(returned) == [(1, 2)]
    assert faults(returned) == [(2, 4, "ragged-row"), (3, 5, "encoding-error")]
    (block,) = returned.blocks()
    assert block.faults["message"][0].startswith("found 1 cells, expected 2;")


def test_what_was_corrected_keeps_its_number(rejected):
    out = rejected(CRLF, [2, 3])
    out.write_bytes(out.read_bytes().replace(b"\r\n2,", b"\r\n2,two,").replace(b"\xfc", "ü".encode()))
    (block,) = open_source(str(out)).blocks()
    assert block.records.select(RECORD_NO, "a", "b").rows() == [(2, "2", "two"), (3, "3", "Müller")]


def test_rejects_of_rejects_replace_the_three_columns(rejected, refuse, tmp_path):
    first = rejected(CRLF, [1, 2, 4])
    second = tmp_path / "again.csv"
    assert open_source(str(first)).write_rejects(refuse([2, 4]), second) == 2
    lines = second.read_bytes().split(b"\r\n")
    assert lines[0] == b"\xef\xbb\xbfa,b" + OWN
    assert lines[1].startswith(b'2,2,4,"enum-error')
    assert lines[2].startswith(b'4,"say ""hi""",4,5,"enum-error')
    assert lines[2].count(b"condition-error") == 1


@pytest.mark.parametrize("style", [b'1,x,"7","9","why"', b"1,x,7,,", b"1,x,7,9,why", b'1,x,7,9,"a ""b"", c\nd"'])
def test_numbers_are_found_however_the_cells_are_quoted(open_bytes, style):
    assert places(open_bytes(b"a,b" + OWN + b"\n" + style + b"\n")) == [(7, 2)]


def test_numbers_in_the_data_are_not_taken_for_the_records_own(open_bytes):
    source = open_bytes(b"a,b" + OWN + b'\n1,2,"3,4,""5""",7,9,"x"\n"6,7,8",1,8,9,"y"\n')
    assert [row[:1] for row in faults(source)] == [(7,)]
    assert places(source) == [(8, 3)]


@pytest.mark.parametrize("number", [b"", b"0", b"-1", b"x", b"1.5", b"1e3"])
def test_a_record_without_its_number_is_an_error_with_the_line(open_bytes, number):
    source = open_bytes(b"a,b" + OWN + b"\n1,x,1,2,e\n2,y," + number + b",3,e\n")
    with pytest.raises(SourceError, match="line 3: found no whole number from 1 in _record_no"):
        list(source.blocks())


def test_a_number_may_stand_once_in_all_blocks(open_bytes):
    source = open_bytes(b"a,b" + OWN + b"\n1,x,5,2,e\n2,y,6,3,e\n3,z,5,4,e\n", block_bytes=12)
    with pytest.raises(SourceError, match="line 4: record 5 stands in this file twice"):
        list(source.blocks())


def test_regbulks_columns_elsewhere_make_it_no_rejects_file(open_bytes):
    source = open_bytes(b"_record_no,_line_no,_errors,a\n1,2,3,4\n")
    with pytest.raises(SourceError, match="3 problems"):
        list(source.blocks())
