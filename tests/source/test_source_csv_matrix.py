"""The CSV cases of the fault matrix that are about reading, each by its code; where the others are tested."""

from __future__ import annotations

import gzip
import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook

from regbulk.errors import SourceError
from regbulk.source import header_problems, open_source
from regbulk.source.contract import LINE_NO, RECORD_NO

ELSEWHERE = {
    "C7": "tests/source/test_source_header.py",
    "C14": "tests/mapping/test_mapping_text.py",
    "C26": "tests/mapping/test_mapping_damage.py",
    "C27": "tests/mapping/test_mapping_numbers.py",
    "C28": "tests/mapping/test_mapping_dates.py",
    "C29": "tests/mapping/test_mapping_dates.py",
    "C30": "tests/mapping/test_mapping_values.py",
    "C31": "tests/mapping/test_mapping_damage.py",
    "C33": "tests/mapping/test_mapping_arrays.py",
    "C34": "tests/engine/test_matrix.py",
    "C35": "tests/mapping/test_mapping_text.py",
    "C36": "tests/engine/test_matrix.py",
    "C41": "tests/engine/test_matrix.py",
    "C42": "tests/mapping/test_mapping_text.py",
    "C43": "tests/mapping/test_mapping_text.py",
}
NOT_TESTED: dict[str, str] = {}
ROOT = Path(__file__).parents[2]
DATA = b'first_name,notes\nAda,"a\nb"\n' + b"Grace,x\n" * 500


def rows(source):
    return [row for block in source.blocks() for row in block.records.select(source.columns).rows()]


def places(source):
    return [row for block in source.blocks() for row in block.records.select(RECORD_NO, LINE_NO).rows()]


def faults(source):
    return [row for block in source.blocks() for row in block.faults.select("record_no", "line_no", "code").rows()]


def messages(source):
    return [message for block in source.blocks() for message in block.faults["message"]]


def read(source):
    return sum(block.read for block in source.blocks())


def skipped(source):
    found = [block.skipped for block in source.blocks()]
    return sum(each.blank_rows for each in found), sum(each.footers for each in found)


def refusal(open_bytes, data, **options):
    with pytest.raises(SourceError) as error:
        read(open_bytes(data, **options))
    return "\n".join(error.value.problems)


def test_every_case_is_tested_here_or_elsewhere_by_its_code():
    here = {f"C{code}" for code in re.findall(r"\ndef test_c(\d+)_", Path(__file__).read_text(encoding="utf-8"))}
    assert sorted([*here, *ELSEWHERE, *NOT_TESTED]) == sorted(f"C{number}" for number in range(1, 44))
    for code, file in ELSEWHERE.items():
        assert f"def test_{code.lower()}_" in (ROOT / file).read_text(encoding="utf-8"), f"{code} in {file}"


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\r\n", b" ;;\n", b"\xff\xfe"])
def test_c1_an_empty_file_is_refused(open_bytes, data):
    assert refusal(open_bytes, data) == "the file is empty; expected a header line with the names of fields"


@pytest.mark.parametrize("data", [b"a,b", b"a,b\r\n", b"\na,b\n\n,\n"])
def test_c2_a_header_alone_has_no_records(open_bytes, data):
    source = open_bytes(data)
    assert source.columns == ("a", "b")
    assert read(source) == 0


def test_c3_a_missing_header_is_suspected_and_no_cell_of_it_is_repeated(open_bytes):
    source = open_bytes(b"evt-1;Ada;ada@example.org\nevt-1;Grace;grace@example.org\n")
    (problem,) = header_problems(source.columns, known=("event_id", "first_name"), nearest=lambda _: None)
    assert problem.startswith("no column has the name of a field (columns: 3): the header line is missing")
    assert "ada" not in problem.lower()


def test_c4_duplicate_headers_are_named_with_their_places(open_bytes):
    assert refusal(open_bytes, b"a,b,a\n1,2,3\n") == "column 'a' stands 2 times (columns 1, 3); keep one"


@pytest.mark.parametrize("other", [" Café ", "CAFE\u0301", "caf\u00e9\u200b", "\ufeffcafé"])
def test_c5_headers_that_differ_only_in_spaces_case_or_unicode_are_one(open_bytes, other):
    assert "differ only in" in refusal(open_bytes, f"x,café,{other}\n1,2,3\n".encode())


def test_c6_a_blank_header_is_a_problem_between_others_and_left_out_behind_them(open_bytes):
    assert refusal(open_bytes, b"a,,b\n1,,2\n") == "column 2 has no name; name it or remove the column"
    source = open_bytes(b"a,b, ,\n1,2,,\n")
    assert (source.columns, rows(source)) == (("a", "b"), [("1", "2")])


def test_c8_a_byte_order_mark_is_no_part_of_the_first_name(open_bytes):
    assert open_bytes(b'\xef\xbb\xbf"a",b\n1,2\n').columns == ("a", "b")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("block_bytes", [3, 3_000_000])
def test_c9_utf_16_is_read_with_and_without_a_mark(open_bytes, codec, block_bytes):
    source = open_bytes("a;b\r\nZoë;日本😀\r\n".encode(codec), block_bytes=block_bytes)
    assert rows(source) == [("Zoë", "日本😀")]


def test_c10_windows_1252_without_a_mark_is_told_by_its_words(open_bytes):
    source = open_bytes("a;b\nMüller;Größe\nJäger;“für” 5 €\n".encode("cp1252"))
    assert rows(source) == [("Müller", "Größe"), ("Jäger", "“für” 5 €")]
    assert source.decisions[0].startswith("encoding cp1252: it makes letters of German words")


def test_c11_one_invalid_byte_far_down_costs_its_record_alone(open_bytes):
    count = 900_000
    data = b"a,b\n" + b"1,x\n" * (count - 1) + b"2,M\xfcller\n" + b"3,y\n" * 9
    source = open_bytes(data, block_bytes=500_000)
    blocks = list(source.blocks())
    (fault,) = [row for block in blocks for row in block.faults.rows()]
    assert fault[:4] == (count, count + 1, None, "encoding-error")
    assert fault[4].startswith(f"found byte 0xFC at byte offset {data.index(0xFC):,}, expected utf-8 text")
    assert sum(block.records.height for block in blocks) == count + 8


def test_c12_two_encodings_in_one_file_are_asked_about(open_bytes):
    data = "a;b\nMünchen;1\nKöln;2\n".encode() + "Münster;3\nFürth;4\n".encode("cp1252")
    assert "say which it is with --encoding: with utf-8 the records with other bytes are rejected" in refusal(
        open_bytes, data
    )
    assert faults(open_bytes(data, encoding="utf-8")) == [(3, 4, "encoding-error"), (4, 5, "encoding-error")]


@pytest.mark.parametrize("codec", ["utf-8", "cp1252", "utf-16"])
def test_c13_a_nul_byte_costs_its_record_alone(open_bytes, codec):
    before = 'a;b\n1;x\n2;"y'.encode(codec)
    source = open_bytes('a;b\n1;x\n2;"y\0"\n3;z\n'.encode(codec), encoding=codec)
    assert faults(source) == [(2, 3, "encoding-error")]
    assert messages(source)[0].startswith(f"found a NUL byte at byte offset {len(before)}, expected text")
    assert rows(source) == [("1", "x"), ("3", "z")]


@pytest.mark.parametrize("block_bytes", [2, 3, 3_000_000])
def test_c15_line_ends_may_be_mixed(open_bytes, block_bytes):
    source = open_bytes(b"a,b\r\n1,2\n3,4\r5,6\r\n\r\n7,8", block_bytes=block_bytes)
    assert rows(source) == [("1", "2"), ("3", "4"), ("5", "6"), ("7", "8")]
    assert places(source) == [(1, 2), (2, 3), (3, 4), (4, 6)]


@pytest.mark.parametrize("block_bytes", [2, 3_000_000])
def test_c16_a_line_end_in_quotes_moves_lines_and_not_numbers(open_bytes, block_bytes):
    source = open_bytes(b'a,b\n1,"x\n\r\ny"\n2,z\n3\n', block_bytes=block_bytes)
    assert places(source) == [(1, 2), (2, 5)]
    assert faults(source) == [(3, 6, "ragged-row")]


def test_c17_an_unclosed_quote_at_row_10_of_1_000_000_costs_that_row_in_bounded_memory(tmp_path):
    path = tmp_path / "c17.csv"
    path.write_bytes(b"a,b,c\n" + b'1,"x",y\n' * 9 + b'2,"open,y\n' + b"3,some text without quotes,z\n" * 999_990)
    ran = subprocess.run([sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, check=True)
    count, found, peak = ran.stdout.strip().split("|")
    assert count == "1000000"
    message = f"found a quote at byte offset {6 + 9 * 8 + 2} that opens a cell and is not closed"
    assert found.startswith(f"[(10, 11, 'ragged-row', '{message}")
    assert found.count("ragged-row") == 1
    assert int(peak) < 120_000


_READ = """
import resource, sys
from regbulk.source import open_source
for block in open_source(sys.argv[1]).blocks():
    break
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count, found = 0, []
for block in open_source(sys.argv[1]).blocks():
    count += block.read
    found += block.faults.select("record_no", "line_no", "code", "message").rows()
print(count, found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, sep="|")
"""


def test_c18_quotes_in_cells_without_quotes_are_text_and_text_behind_quotes_is_a_fault(open_bytes):
    source = open_bytes(b'a,b\n5" wide,6"\n"x"y,z\n"x" ,z\n1,2\n')
    assert rows(source) == [('5" wide', '6"'), ("1", "2")]
    assert faults(source) == [(2, 3, "ragged-row"), (3, 4, "ragged-row")]


def test_c19_short_and_long_rows_are_faults_and_a_delimiter_behind_every_row_is_none(open_bytes):
    assert faults(open_bytes(b"a;b\n1\n1;2;3\n1;2\n1;2;\n")) == [
        (1, 2, "ragged-row"),
        (2, 3, "ragged-row"),
        (4, 5, "ragged-row"),
    ]
    assert rows(open_bytes(b"a;b\n1;2;\n3;4;\n")) == [("1", "2"), ("3", "4")]


def test_c20_blank_lines_are_passed_over_and_the_last_line_needs_no_end(open_bytes):
    source = open_bytes(b"\na,b\n\n1,2\n\n \n3,4")
    assert places(source) == [(1, 4), (2, 7)]
    assert skipped(source) == (4, 0)


@pytest.mark.parametrize("data", [b"a;b\n1;2,5\n", b"a\tb\n1\t2,5\n", b"sep=;\na;b\n1;2,5\n", b"a|b\n1|2,5\n"])
def test_c21_semicolons_tabs_bars_and_a_sep_line(open_bytes, data):
    source = open_bytes(data)
    assert (source.columns, rows(source)) == (("a", "b"), [("1", "2,5")])


def test_c22_a_cell_over_1_mb_costs_its_record_and_a_line_over_32_mb_is_no_csv(open_bytes):
    source = open_bytes(b"a,b\n1," + b"x" * 20_000_000 + b"\n2,y\n")
    assert faults(source) == [(1, 2, "length-error")]
    assert rows(source) == [("2", "y")]
    packed = gzip.compress(b"a,b\n1," + b"x" * 50_000_000, compresslevel=1)
    assert "line 2: found more than 32 MB without a line end" in refusal(open_bytes, packed, name="c22.csv.gz")


def test_c23_50_000_columns_are_refused(open_bytes):
    names = ",".join(f"c{number}" for number in range(50_000)).encode()
    assert refusal(open_bytes, names) == (
        "found 50,000 names in the header, expected at most 5,000; is the delimiter right? say which with --delimiter"
    )


@pytest.mark.parametrize("row", [b";;", b'"";"";', b" ; ;\t"])
def test_c24_a_row_of_only_delimiters_is_skipped_and_counted_or_refused(open_bytes, row):
    data = b"a;b;c\n1;2;3\n" + row + b"\n4;5;6\n" + row + b"\n"
    assert (read(open_bytes(data)), skipped(open_bytes(data))) == (2, (2, 0))
    refused = open_bytes(data, blank_rows="reject")
    assert faults(refused) == [(2, 3, "blank-row"), (4, 5, "blank-row")]
    assert (read(refused), skipped(refused)) == (4, (0, 0))


FOOTERS = b"name,city,total,x\nAda,Total,1,\nTotal: 2,000\nGrace,Summe,2,\n,,,\nSumme,,3,\n\nTotal: 2,000\n,,,\n"
SIZES = pytest.mark.parametrize("block_bytes", [3, 20, 3_000_000])


@SIZES
def test_c25_footer_lines_are_refused(open_bytes, block_bytes):
    source = open_bytes(FOOTERS, block_bytes=block_bytes)
    assert faults(source) == [(2, 3, "ragged-row"), (4, 6, "footer-row"), (5, 8, "footer-row")]
    assert rows(source) == [("Ada", "Total", "1", None), ("Grace", "Summe", "2", None)]
    assert (read(source), skipped(source)) == (5, (3, 0))
    assert messages(source)[1] == (
        "found a line that sums the file up, expected a record; "
        "remove it, or have such lines skipped with --footer skip"
    )


@SIZES
def test_c25_footer_lines_are_skipped_and_counted_if_told(open_bytes, block_bytes):
    source = open_bytes(FOOTERS, block_bytes=block_bytes, footer="skip")
    assert faults(source) == [(2, 3, "ragged-row")]
    assert (read(source), skipped(source)) == (3, (3, 2))


@SIZES
def test_c25_they_are_found_behind_refused_rows_of_nothing(open_bytes, block_bytes):
    source = open_bytes(FOOTERS, block_bytes=block_bytes, footer="skip", blank_rows="reject")
    assert [code for _, _, code in faults(source)] == ["ragged-row", "blank-row", "blank-row", "blank-row"]
    assert (read(source), skipped(source)) == (6, (0, 2))


@SIZES
@pytest.mark.parametrize("told", ["skip", "reject"])
def test_c25_a_file_of_footers_alone_has_no_records(open_bytes, block_bytes, told):
    source = open_bytes(b"a,b\nTotal: 2,\n\n", block_bytes=block_bytes, footer=told)
    assert rows(source) == []
    assert read(source) + skipped(source)[1] == 1
    assert skipped(source)[0] == 1


def test_c32_quoted_or_not_an_empty_cell_is_no_value(open_bytes):
    assert rows(open_bytes(b'a,b,c\n"",,x\n')) == [(None, None, "x")]


def archive(*names):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name in names:
            packed.writestr(name, DATA)
    return stream.getvalue()


def test_c37_gzip_named_csv_is_read_and_other_kinds_are_named(open_bytes):
    assert read(open_bytes(gzip.compress(DATA))) == 501
    for data, kind in [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"<!DOCTYPE html><html>", "an HTML page, perhaps a login page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504, "an old Excel workbook"),
        (gzip.compress(archive("a.csv")), "an Excel workbook or another zip archive"),
    ]:
        assert kind in refusal(open_bytes, data)


def test_c37_a_workbook_and_parquet_named_csv_are_read(open_bytes, tmp_path):
    frame = pl.DataFrame({"first_name": ["Ada"]})
    stream = io.BytesIO()
    frame.write_parquet(stream)
    assert rows(open_bytes(stream.getvalue())) == [("Ada",)]
    book = Workbook()
    book.active.append(["first_name"])
    book.active.append(["Ada"])
    book.save(tmp_path / "book.csv")
    assert rows(open_source(str(tmp_path / "book.csv"))) == [("Ada",)]


def test_c38_a_gzip_file_of_several_members_is_read_as_one(open_bytes):
    packed = gzip.compress(DATA[:99]) + gzip.compress(b"") + gzip.compress(DATA[99:])
    assert read(open_bytes(packed, name="c38.csv.gz")) == 501
    assert read(open_bytes(packed + b"\0" * 64, name="c38.csv.gz")) == 501


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(DATA)[:-9],
        gzip.compress(DATA) + b"garbage",
        gzip.compress(DATA)[:-8] + b"\1\2\3\4" + gzip.compress(DATA)[-4:],
        gzip.compress(DATA)[:40] + b"\xff" * 9 + gzip.compress(DATA)[49:],
    ],
    ids=["cut off", "garbage behind", "wrong checksum", "damaged"],
)
def test_c38_damaged_gzip_is_an_error_with_what_to_do(open_bytes, packed):
    assert re.fullmatch(
        r"the compressed data is cut off or damaged \(.*\); copy the file again", refusal(open_bytes, packed)
    )


@pytest.mark.parametrize(
    ("unpacked", "message"),
    [
        (b"\0" * 300_000_000, "found more than 32 MB without a line end"),
        (b"a,b\n" + b"\n" * 20_000_000, None),
    ],
    ids=["one line", "blank lines"],
)
def test_c38_a_bomb_is_unpacked_in_bounded_memory(tmp_path, unpacked, message):
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(unpacked, compresslevel=1))
    ran = subprocess.run([sys.executable, "-c", _BOMB, str(path)], capture_output=True, text=True, check=True)
    told, blank, peak = ran.stdout.strip().split("|")
    assert message in told if message else (told, blank) == ("", "20000000")
    assert int(peak) < 150_000


_BOMB = """
import resource, sys
from regbulk.errors import SourceError
from regbulk.source import open_source
before, blank, told = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0, ""
try:
    for block in open_source(sys.argv[1]).blocks():
        assert block.read == 0
        blank += block.skipped.blank_rows
except SourceError as error:
    told = error.problems[0]
print(told, blank, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, sep="|")
"""


@pytest.mark.parametrize(
    "names", [["a.csv"], ["a.csv", "b.csv"], ["../../a.csv"], ["inner.zip"], [f"{number}.csv" for number in range(999)]]
)
def test_c39_a_zip_archive_is_refused_with_what_to_do_and_never_unpacked(open_bytes, tmp_path, names):
    told = refusal(open_bytes, archive(*names))
    assert told.startswith("found a zip archive")
    assert told.endswith("unpack it and give the file inside")
    assert [path.name for path in tmp_path.iterdir()] == ["registrations.csv"]


def test_c39_an_empty_or_broken_zip_archive_is_none_either(open_bytes):
    assert "found an empty zip archive" in refusal(open_bytes, archive())
    assert refusal(open_bytes, archive("a.csv")[:-30]).endswith("copy the file again")


def test_c40_a_file_that_grows_while_it_is_read_is_an_error(open_bytes, tmp_path):
    source = open_bytes(DATA, block_bytes=400)
    with pytest.raises(SourceError, match="the file was changed while it was read; wait until it is complete"):
        for _ in source.blocks():
            with (tmp_path / "registrations.csv").open("ab") as stream:
                stream.write(b"Grace,y\n")
