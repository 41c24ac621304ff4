"""Dialects: found out from the first records, told, or asked for; never guessed."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regbulk.errors import SourceError
from regbulk.source import open_source

SIZES = pytest.mark.parametrize("block_bytes", [3, 3_000_000])


def rows(source):
    return [row for block in source.blocks() for row in block.records.select(source.columns).rows()]


def faults(source):
    return [row for block in source.blocks() for row in block.faults.select("record_no", "code").rows()]


def problem(open_bytes, data, **told):
    with pytest.raises(SourceError) as error:
        open_bytes(data, **told)
    (found,) = error.value.problems
    return found


class TestDelimiters:
    @SIZES
    @pytest.mark.parametrize(
        ("mark", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "vertical bar")]
    )
    def test_it_is_the_one_that_makes_the_names(self, open_bytes, mark, name, block_bytes):
        data = "id,first,last\n1,Ada,\n2,,Hopper\n".replace(",", mark).encode()
        source = open_bytes(data, block_bytes=block_bytes)
        assert source.columns == ("id", "first", "last")
        assert rows(source) == [("1", "Ada", None), ("2", None, "Hopper")]
        assert source.decisions[1:] == (
            f"delimiter {name}: it makes 3 names in the header, and as many cells in 100% of its first records",
        )

    def test_commas_in_records_do_not_outweigh_the_header(self, open_bytes):
        source = open_bytes(b"Name;Betrag\nLovelace, Ada;1,50\nHopper, Grace;2,75\n")
        assert rows(source) == [("Lovelace, Ada", "1,50"), ("Hopper, Grace", "2,75")]

    def test_a_comma_in_one_of_many_names_does_not_either(self, open_bytes):
        source = open_bytes(b"Name, Vorname;Ort;PLZ;Land;Status;Nr\nLovelace, Ada;a;b;c;d;e\n")
        assert source.columns[0] == "Name, Vorname"

    def test_a_header_in_quotes_tells_which_comma_is_none(self, open_bytes):
        source = open_bytes(b'"Name, Vorname";"Ort"\n1,5;2\n1,7;3\n')
        assert source.columns == ("Name, Vorname", "Ort")

    def test_semicolons_within_quotes_are_none(self, open_bytes):
        source = open_bytes(b'id,"a;b;c;d;e;f"\n1,"p;q;r;s;t;u"\n2,"p;q;r;s;t;u"\n')
        assert source.columns == ("id", "a;b;c;d;e;f")
        assert rows(source)[0] == ("1", "p;q;r;s;t;u")

    def test_records_decide_between_two_that_are_in_the_header(self, open_bytes):
        source = open_bytes(b"Name, Vorname;Ort\nLovelace;Ada\nHopper;Grace\n")
        assert source.columns == ("Name, Vorname", "Ort")

    def test_ragged_records_do_not_hide_it(self, open_bytes):
        source = open_bytes(b"a;b;c\n1;2\n1;2;3;4\n1;2;3\n")
        assert source.columns == ("a", "b", "c")
        assert faults(source) == [(1, "ragged-row"), (2, "ragged-row")]

    @pytest.mark.parametrize(
        ("data", "found"),
        [
            (b"a;b,c;d\n1;2,5;3\n", "3 with semicolon, 2 with comma"),
            (b"a,b;c\n", "2 with comma, 2 with semicolon"),
            (b"Name, Vorname\nAda\nGrace\n", "2 with comma"),
            (b"all\na,b;c|d\te\n", "1 with any delimiter"),
        ],
    )
    def test_what_cannot_be_told_is_asked(self, open_bytes, data, found):
        told = problem(open_bytes, data)
        names = told.removeprefix("found names in the header (").partition(")")[0]
        assert sorted(names.split(", ")) == sorted(found.split(", "))
        assert told.endswith(
            "records that tell which it is, and they do not; say with --delimiter what separates the cells"
        )
        assert open_bytes(data, delimiter=";").columns

    @pytest.mark.parametrize("names", [b"name", b'"name"', b"name,", b"full name"])
    def test_one_name_needs_none(self, open_bytes, names):
        source = open_bytes(names + b"\nx\n;\n", delimiter=None)
        assert source.columns == (names.strip(b'",').decode(),)

    @pytest.mark.parametrize("cell", ["Lovelace, Ada", "a;b", "a|b", "a,b;c"])
    def test_in_one_column_a_delimiter_is_a_part_of_the_cell(self, open_bytes, cell):
        source = open_bytes(f"name\nx\n{cell}\ny\n".encode())
        assert rows(source) == [("x",), (cell,), ("y",)]
        assert "the header has one name and no delimiter" in source.decisions[1]

    @SIZES
    @pytest.mark.parametrize("mark", [";", "|", "^", "~", "\t", "\x1f", " ", ":", "'"])
    def test_any_may_be_told(self, open_bytes, mark, block_bytes):
        data = f'a{mark}b,c\n1{mark}"2{mark}"\n'.encode()
        source = open_bytes(data, delimiter=mark, block_bytes=block_bytes)
        assert source.columns == ("a", "b,c")
        assert rows(source) == [("1", f"2{mark}")]
        assert source.decisions[1].endswith(": as told")

    @pytest.mark.parametrize("word", ["tab", r"\t"])
    def test_tab_may_be_told_in_words(self, open_bytes, word):
        assert open_bytes(b"a\tb;c;d;e;f;g\n", delimiter=word).columns == ("a", "b;c;d;e;f;g")

    @SIZES
    @pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
    def test_a_sep_line_says_it_and_is_no_record(self, open_bytes, end, mark, block_bytes):
        data = mark + b"SEP=;" + end + b"a;b,c,d,e,f,g" + end + b"1;2" + end + b"3" + end
        source = open_bytes(data, block_bytes=block_bytes)
        assert source.columns == ("a", "b,c,d,e,f,g")
        assert source.decisions[1] == "delimiter semicolon: its first line says so"
        (block, *others) = [block for block in source.blocks() if block.read]
        assert block.records["_line_no"].to_list()[:1] == [3]
        (message,) = [message for block in (block, *others) for message in block.faults["message"]]
        assert message.endswith(f"(the record begins at byte offset {data.index(b'3')})")


class TestQuotes:
    @SIZES
    def test_apostrophes_that_enclose_most_cells_are_quotes(self, open_bytes, block_bytes):
        source = open_bytes(b"'a';'b'\n'1;2';'it''s'\n'\"x\"';3\n", block_bytes=block_bytes)
        assert rows(source) == [("1;2", "it's"), ('"x"', "3")]
        assert source.decisions[-1] == "quote ': apostrophes enclose most cells at its beginning (5)"

    def test_names_need_none_where_records_fit_only_so(self, open_bytes):
        source = open_bytes(b"a,b\n'1,2','x'\n'3','y'\n")
        assert rows(source) == [("1,2", "x"), ("3", "y")]

    def test_apostrophes_elsewhere_are_text(self, open_bytes):
        source = open_bytes(b"a,b\nO'Brien,rock 'n' roll\n'tis,D'\n")
        assert rows(source) == [("O'Brien", "rock 'n' roll"), ("'tis", "D'")]
        assert len(source.decisions) == 2

    def test_so_are_those_beside_double_quotes(self, open_bytes):
        assert rows(open_bytes(b"a,b\n'x',\"y,z\"\n")) == [("'x'", "y,z")]

    def test_apostrophes_round_a_few_cells_alone_are_asked_about(self, open_bytes):
        data = b"a,b,c\n'x',y,z\n1,2,3\n"
        assert problem(open_bytes, data) == (
            "found apostrophes round cells (1) and double quotes round none; "
            "say with --quote which of them is no part of a cell"
        )
        assert rows(open_bytes(data, quote="'"))[0] == ("x", "y", "z")
        assert rows(open_bytes(data, quote='"'))[0] == ("'x'", "y", "z")

    @SIZES
    def test_none_may_be_told(self, open_bytes, block_bytes):
        source = open_bytes(b'a,b\n"1,2"\n"",5"\n', quote="", block_bytes=block_bytes)
        assert rows(source) == [('"1', '2"'), ('""', '5"')]


class TestEscapes:
    DATA = b'a,b\n1,"say \\"hi\\", \\\\o/"\n2,"x\\\ny"\n\\N,"C:\\\\dir"\n'

    @SIZES
    def test_a_backslash_before_quotes_is_one_where_records_fit_better_so(self, open_bytes, block_bytes):
        source = open_bytes(self.DATA, block_bytes=block_bytes)
        assert rows(source) == [("1", 'say "hi", \\o/'), ("2", "x\ny"), (None, "C:\\dir")]
        (clears,) = [each for block in source.blocks() for each in block.records["_clears"].to_list() if each]
        assert clears == ["a"]
        assert [line for block in source.blocks() for line in block.records["_line_no"]] == [2, 3, 5]
        assert source.decisions[-1] == (
            "escape \\: it stands before quotes inside cells (2), and records fit better so"
        )

    def test_a_backslash_at_the_end_of_a_cell_is_text(self, open_bytes):
        assert rows(open_bytes(b'a,b\n"C:\\",x\n"D:\\e\\",y\n')) == [("C:\\", "x"), ("D:\\e\\", "y")]

    def test_a_backslash_beside_doubled_quotes_is_text(self, open_bytes):
        source = open_bytes(b'a,b\n1,"{""path"":""C:\\\\dir"",""say"":""\\""hi\\""""}"\n')
        assert rows(source) == [("1", r'{"path":"C:\\dir","say":"\"hi\""}')]

    def test_one_ill_quoted_record_does_not_hide_it(self, open_bytes):
        data = b'a,b\n1,"\\"x\\" y"\n2,"\\"z\\""\n3,"\\"z\\" a"\n4,"u"v\n'
        source = open_bytes(data)
        assert rows(source)[0] == ("1", '"x" y')
        assert faults(source) == [(4, "ragged-row")]

    @pytest.mark.parametrize(
        ("data", "found"),
        [
            (
                b'a,b\n1,"\\"x\\" C:\\temp"\n',
                "found backslashes before quotes (2) and before what needs none (1); say whether",
            ),
            (b'a,b\n1,"C:\\\\temp"\n', "found backslashes only in pairs, and no quote that is written twice"),
        ],
    )
    def test_what_cannot_be_told_is_asked(self, open_bytes, data, found):
        told = problem(open_bytes, data)
        assert told.startswith(found)
        assert told.endswith(
            r"--escape '\' takes them for signs that the next character is meant literally, --escape '' keeps them"
        )
        assert "temp" in rows(open_bytes(data, escape="\\"))[0][1]

    @SIZES
    def test_any_may_be_told(self, open_bytes, block_bytes):
        source = open_bytes(b"a,b\n1,x^,y^\nz\n2,'^''\n", escape="^", quote="'", block_bytes=block_bytes)
        assert rows(source) == [("1", "x,y\nz"), ("2", "'")]

    @SIZES
    def test_one_at_the_end_of_the_file_is_a_fault(self, open_bytes, block_bytes):
        source = open_bytes(b"a,b\n1,x\n2,y\\", escape="\\", block_bytes=block_bytes)
        assert rows(source) == [("1", "x")]
        assert faults(source) == [(2, "ragged-row")]
        (message,) = [message for block in source.blocks() for message in block.faults["message"]]
        assert message.startswith("found the end of the file behind an escape character, expected a character")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"delimiter": ""}, "--delimiter '': expected one ASCII character"),
        ({"delimiter": ";;"}, "--delimiter ';;': expected one ASCII character"),
        ({"delimiter": "é"}, "--delimiter 'é': expected one ASCII character"),
        ({"delimiter": "x"}, "that is no letter, digit, hyphen or underscore"),
        ({"delimiter": "\n"}, r"--delimiter '\n'"),
        ({"quote": "''"}, "--quote \"''\": expected one ASCII character"),
        ({"escape": "7"}, "--escape '7': expected one ASCII character"),
        (
            {"delimiter": '"'},
            "found one character as two of --delimiter, --quote and --escape, expected different ones",
        ),
        ({"quote": "\\", "escape": "\\"}, "found one character as two of"),
    ],
)
def test_an_option_may_be_nonsense(open_bytes, told, expected):
    assert expected in problem(open_bytes, b"a,b\n1,2\n", **told)


CELL = st.text(st.sampled_from("ab1 ,;\t|'\"\n\\."), max_size=6)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_file_is_read_right_or_asked_about_and_never_read_wrong(data):
    width = data.draw(st.integers(1, 5))
    quote, escape = data.draw(st.sampled_from([('"', ""), ('"', "\\"), ("'", ""), ("'", "\\")]))
    quoting = csv.QUOTE_ALL if quote == "'" else data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    written = io.StringIO(newline="")
    writer = csv.writer(
        written,
        delimiter=data.draw(st.sampled_from(",;\t|")),
        quotechar=quote,
        doublequote=not escape,
        escapechar=escape or None,
        quoting=quoting,
        lineterminator=data.draw(st.sampled_from(["\n", "\r\n"])),
    )
    cell = CELL.filter(lambda text: text.strip() and text != "\\N")
    table = data.draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=9))
    writer.writerows([[f"name {place}" for place in range(width)], *table])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(written.getvalue().encode())
        try:
            source = open_source(str(path), block_bytes=50)
        except SourceError as error:
            assert re.search("--(delimiter|quote|escape)", str(error))
        else:
            assert faults(source) == []
            assert [list(row) for row in rows(source)] == table
