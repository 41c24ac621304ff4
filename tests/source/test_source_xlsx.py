"""Excel workbooks: what a person sees in a cell and what is stored there, sheets, rows that are no records."""

from __future__ import annotations

import io
import random
import stat
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import polars as pl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from regbulk import rejects
from regbulk.errors import SourceError
from regbulk.source import open_source
from regbulk.source.contract import CLEARS, LINE_NO, OWN_COLUMNS, RECORD_NO
from regbulk.source.options import SourceOptions

SHEET = "xl/worksheets/sheet1.xml"
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def written(path, rows, *, title="Data", name="r.xlsx", change=None):
    """A workbook of one sheet; a cell may be a pair of value and number format."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for line, row in enumerate(rows, 1):
        for column, cell in enumerate(row, 1):
            value, code = cell if isinstance(cell, tuple) else (cell, None)
            if value is not None:
                made = sheet.cell(line, column, value)
                made.number_format = code or made.number_format
    if change:
        change(sheet)
    book.save(path / name)
    return path / name


def edited(path, part=SHEET, **changes):
    """Change the XML of a part: `old=new` by pairs `old1`, `new1`, …; or the whole part by `text`."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts.get(part, b"").decode()
    for number in range(1, len(changes) // 2 + 1):
        assert changes[f"old{number}"] in text
        text = text.replace(changes[f"old{number}"], changes[f"new{number}"])
    parts[part] = changes.get("text", text).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def raw(path, cells, *, styles=()):
    """A workbook whose second row is this XML; `styles` are the number formats of the styles 1, 2, …."""
    rows = [["a"], *([(0, code)] for code in styles)]
    written(path, rows)
    header = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    return edited(
        path / "r.xlsx",
        text=f'<worksheet xmlns="{SPACE}"><sheetData>{header}<row r="2">{cells}</row></sheetData></worksheet>',
    )


def table(source):
    return pl.concat(block.records for block in source.blocks())


def column(path, name="a", **options):
    return table(open_source(str(path), SourceOptions(**options)))[name].to_list()


def read(path, cells, *, formats=()):
    """The texts of cells in one column."""
    return column(written(path, [["a"], *([cell] for cell in cells)]))


def faults(source):
    return [row for block in source.blocks() for row in block.faults.select("record_no", "line_no", "code").rows()]


class TestText:
    def test_text_cells_stay_as_they_are(self, tmp_path):
        texts = ["007", "1E5", " padded ", "a\nb", "ä😀", "TRUE", "#comment", "12345678901234567890"]
        assert read(tmp_path, texts) == texts

    def test_an_empty_text_is_null_and_the_sign_for_clearing_is_named(self, tmp_path):
        path = written(tmp_path, [["a", "b"], ["x", r"\N"], [r"\N", r"\N"]])
        found = table(open_source(str(path)))
        assert found.select(CLEARS, "a", "b").rows() == [(["b"], "x", None), (["a", "b"], None, None)]

    def test_rich_text_and_hyperlinks_are_what_is_shown(self, tmp_path):
        def change(sheet):
            sheet["A2"] = CellRichText("plain ", TextBlock(InlineFont(b=True), "bold"))
            sheet["A3"] = "shown"
            sheet["A3"].hyperlink = "https://example.org/hidden"

        assert column(written(tmp_path, [["a"]], change=change)) == ["plain bold", "shown"]

    def test_shared_texts_without_the_readings_of_their_words(self, tmp_path):
        path = raw(tmp_path, '<c r="A2" t="s"><v>1</v></c>')
        runs = (
            "<si><t>first</t></si><si><r><t>東</t></r><r><t xml:space='preserve'>京 </t></r><rPh><t>とう</t></rPh></si>"
        )
        edited(path, "xl/sharedStrings.xml", text=f'<sst xmlns="{SPACE}">{runs}</sst>')
        relation = '<Relationship Id="rIdX" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
        edited(path, "xl/_rels/workbook.xml.rels", old1="</Relationships>", new1=relation)
        assert column(path) == ["東京 "]

    def test_control_characters_that_a_workbook_writes_as_words(self, tmp_path):
        path = raw(
            tmp_path, '<c r="A2" t="inlineStr"><is><t>a_x000D_\nb _x005F_x0041_ _xD83D__xDE00_ _xD83D_</t></is></c>'
        )
        assert column(path) == ["a\r\nb _x0041_ 😀 _xD83D_"]


class TestNumbers:
    @pytest.mark.parametrize(
        ("stored", "text"),
        [
            ("17", "17"),
            ("17.0", "17"),
            ("-0", "0"),
            ("0.30000000000000004", "0.3"),
            ("0.1", "0.1"),
            ("1E3", "1000"),
            ("1E-7", "1e-7"),
            ("123456789012345", "123456789012345"),
            ("999999999999999", "999999999999999"),
            ("1000000000000000", "1E+15"),
            ("1.2345678901234601E+15", "1.23456789012346E+15"),
            ("1234567890123456789", "1.23456789012346E+18"),
        ],
    )
    def test_a_number_has_fifteen_digits_and_shows_where_more_were_lost(self, tmp_path, stored, text):
        assert column(raw(tmp_path, f'<c r="A2"><v>{stored}</v></c>')) == [text]

    @pytest.mark.parametrize(
        ("number", "code", "text"),
        [
            (12.345, "0.00", "12.345"),
            (12.345, "0", "12.345"),
            (0.125, "0.0%", "0.125"),
            (1234.5, '#,##0.00 "€"', "1234.5"),
            (1234.5, "[$€-407] #,##0.00", "1234.5"),
            (1234567, r"#\ ##0", "1234567"),
            (12, '00 "€"', "12"),
            (17, "000000", "000017"),
            (0, "00000", "00000"),
            (1234567, "000000", "1234567"),
            (17, "[Red]000;-000", "017"),
            (1234567, "000-00", "12345-67"),
            (123456789, "000-00-0000", "123-45-6789"),
            (17, '"M-"0000', "M-0017"),
            (5551234, "[<=9999999]###-####;(###) ###-####", "555-1234"),
            (5555551234, "[<=9999999]###-####;(###) ###-####", "(555) 555-1234"),
            (612345678, '0#" "##" "##" "##" "##', "06 12 34 56 78"),
            (12.5, "000000", "12.5"),
            (-5, "0000", "-5"),
            (0.5, "# ?/?", "0.5"),
            (17, "@", "17"),
        ],
    )
    def test_a_format_counts_where_it_is_a_fixed_form_and_not_where_it_rounds(self, tmp_path, number, code, text):
        assert read(tmp_path, [(number, code)]) == [text]


class TestMoments:
    @pytest.mark.parametrize(
        ("value", "code", "text"),
        [
            (date(2027, 3, 1), "dd.mm.yyyy", "2027-03-01"),
            (datetime(2027, 3, 1, 9, 30), "dd.mm.yyyy", "2027-03-01T09:30:00"),  # noqa: DTZ001 - Excel has no zones
            (datetime(2027, 3, 1), "dd.mm.yyyy hh:mm", "2027-03-01"),  # noqa: DTZ001
            (46447.3958333333, "mm-dd-yy", "2027-03-01T09:30:00"),
            (46447.39583622685, "h:mm:ss", "2027-03-01T09:30:00"),
            (46447.39583622685, "h:mm:ss.000", "2027-03-01T09:30:00.250"),
            (46447, "[$-407]d. mmmm yyyy", "2027-03-01"),
            (time(9, 30), "h:mm", "09:30:00"),
            (0, "h:mm", "00:00:00"),
            (1, "dd.mm.yyyy", "1900-01-01"),
            (59, "dd.mm.yyyy", "1900-02-28"),
            (60, "dd.mm.yyyy", "1900-02-29"),
            (61, "dd.mm.yyyy", "1900-03-01"),
            (0, "dd.mm.yyyy", "1900-01-00"),
            (2958465.5, "dd.mm.yyyy", "9999-12-31T12:00:00"),
            (2958466, "dd.mm.yyyy", "2958466"),
            (-1, "dd.mm.yyyy", "-1"),
            (1e300, "dd.mm.yyyy", "1E+300"),
            (1e300, "[h]:mm", "1E+300"),
            (timedelta(hours=36), "[h]:mm", "36:00"),
            (timedelta(hours=1.5, seconds=5), "[h]:mm", "1:30:05"),
            (timedelta(minutes=90), "[mm]:ss", "90:00"),
        ],
    )
    def test_they_are_read_by_their_format(self, tmp_path, value, code, text):
        assert read(tmp_path, [(value, code)]) == [text]

    def test_from_1904_where_the_workbook_says_so(self, tmp_path):
        def change(sheet):
            sheet.parent.epoch = CALENDAR_MAC_1904

        rows = [["a"], [(0, "yyyy-mm-dd")], [(60, "yyyy-mm-dd")], [(44985.5, "yyyy-mm-dd")]]
        path = written(tmp_path, rows, change=change)
        assert column(path) == ["1904-01-01", "1904-03-01", "2027-03-01T12:00:00"]
        assert "dates are counted from 1904-01-01: the workbook says so" in open_source(str(path)).decisions

    def test_formats_that_east_asian_editions_name_by_number(self, tmp_path):
        path = raw(tmp_path, '<c r="A2" s="1"><v>46447</v></c>', styles=["0.00"])
        edited(path, "xl/styles.xml", old1='numFmtId="2"', new1='numFmtId="31"')
        assert column(path) == ["2027-03-01"]

    @pytest.mark.parametrize(
        ("stored", "text"),
        [("2027-03-01T00:00:00.000", "2027-03-01"), ("2027-03-01T09:30:00.000", "2027-03-01T09:30:00")],
    )
    def test_dates_that_are_stored_as_words(self, tmp_path, stored, text):
        assert column(raw(tmp_path, f'<c r="A2" t="d"><v>{stored}</v></c>')) == [text]


class TestFormulas:
    @pytest.mark.parametrize(
        ("cell", "text"),
        [
            ('<c r="A2"><f>1+1</f><v>2</v></c>', "2"),
            ('<c r="A2" t="str"><f>"x"</f><v>x</v></c>', "x"),
            ('<c r="A2" t="b"><f>1=1</f><v>1</v></c>', "true"),
            ('<c r="A2" t="e"><f>NA()</f><v>#N/A</v></c>', "#N/A"),
        ],
    )
    def test_their_results_are_read(self, tmp_path, cell, text):
        assert column(raw(tmp_path, cell)) == [text]

    def test_a_result_without_characters_is_an_empty_cell(self, tmp_path):
        cells = '<c r="A2" t="inlineStr"><is><t>x</t></is></c><c r="B2" t="str"><f>""</f><v></v></c>'
        path = edited(raw(tmp_path, cells), old1="</c></row><row", new1='</c><c r="B1" t="str"><v>b</v></c></row><row')
        assert column(path, "b") == [None]

    @pytest.mark.parametrize(
        "cell", ["<c r='A2'><f>B2</f></c>", "<c r='A2'><f>B2</f><v/></c>", "<c r='A2' t='s'><f/></c>"]
    )
    def test_a_formula_without_a_result_is_a_fault_and_comes_back_as_one(self, tmp_path, cell):
        source = open_source(str(raw(tmp_path, cell)))
        (block,) = source.blocks()
        assert (block.read, block.records.height) == (1, 0)
        assert block.faults.select("record_no", "line_no", "field", "code").row(0) == (1, 2, None, "damaged-value")
        assert block.faults["message"][0] == (
            "found a formula without a result in 'a', expected its value; open the workbook in Excel and save it"
        )
        source.write_rejects(block.faults, tmp_path / "rejects.csv")
        assert table(open_source(str(tmp_path / "rejects.csv")))["a"].to_list() == ["#N/A"]

    def test_old_results_are_told(self, tmp_path):
        path = raw(tmp_path, '<c r="A2"><f>1+1</f><v>2</v></c>')
        assert "1 cells hold formulas whose results may be old" in " ".join(open_source(str(path)).decisions)
        edited(path, "xl/workbook.xml", old1='fullCalcOnLoad="1"', new1="")
        assert "formulas" not in " ".join(open_source(str(path)).decisions)

    def test_booleans_and_errors_typed_by_hand(self, tmp_path):
        assert read(tmp_path, [True, False, "#DIV/0!"]) == ["true", "false", "#DIV/0!"]


class TestSheets:
    @pytest.fixture
    def book(self):
        book = openpyxl.Workbook()
        book.active.title = "Empty"
        for title in ("Data", "Codes"):
            book.create_sheet(title).append([title.lower()])
            book[title].append(["x"])
        return book

    def test_the_only_visible_one_with_data_is_read(self, book, tmp_path):
        book["Codes"].sheet_state = "hidden"
        book.save(tmp_path / "r.xlsx")
        source = open_source(str(tmp_path / "r.xlsx"))
        assert source.columns == ("data",)
        assert source.decisions[0] == "sheet 'Data' is read: it is the only visible sheet with data"
        assert "sheets that Excel does not show are not read: 'Codes'" in source.decisions

    @pytest.mark.parametrize("name", ["Codes", " codes "])
    def test_one_is_read_by_its_name(self, book, tmp_path, name):
        book["Codes"].sheet_state = "hidden"
        book.save(tmp_path / "r.xlsx")
        source = open_source(str(tmp_path / "r.xlsx"), SourceOptions(sheet=name))
        assert source.columns == ("codes",)
        assert source.decisions[0] == "sheet 'Codes' is read: it was asked for"

    @pytest.mark.parametrize(
        ("sheet", "message"),
        [
            (None, "found 2 sheets with data, expected one: 'Data', 'Codes'; name the one to read with --sheet"),
            ("Date", "found no sheet 'Date', expected one of 'Empty', 'Data', 'Codes'"),
            ("Empty", "sheet 'Empty' is empty, expected a row with the names of fields"),
        ],
    )
    def test_what_cannot_be_decided_is_asked(self, book, tmp_path, sheet, message):
        book.save(tmp_path / "r.xlsx")
        with pytest.raises(SourceError, match=message):
            open_source(str(tmp_path / "r.xlsx"), SourceOptions(sheet=sheet))

    def test_an_empty_workbook(self, tmp_path):
        with pytest.raises(SourceError, match="sheet 'Data' is empty"):
            open_source(str(written(tmp_path, [])))


class TestHeader:
    def test_it_is_the_first_row_with_a_value_and_columns_without_name_and_data_are_none(self, tmp_path):
        rows = [[], [None, None], [None, "a", "b"], [None, "x", "y"], []]

        def change(sheet):
            sheet["A1"].number_format = sheet["D1"].number_format = sheet["E4"].number_format = "0.00"

        source = open_source(str(written(tmp_path, rows, change=change)))
        assert source.columns == ("a", "b")
        assert table(source).select(LINE_NO, "a", "b").rows() == [(4, "x", "y")]
        assert source.decisions[1] == "the columns are named in row 3: it is the first row that is not empty"

    def test_names_are_the_texts_of_their_cells(self, tmp_path):
        path = written(tmp_path, [[2027, (7, "000"), date(2027, 3, 1), True, "a\nb"]])
        assert open_source(str(path)).columns == ("2027", "007", "2027-03-01", "true", "a\nb")

    def test_a_column_without_a_name_between_others_is_a_problem(self, tmp_path):
        source = open_source(str(written(tmp_path, [["a", None, "c"], [1, 2, 3]])))
        with pytest.raises(SourceError, match="column 2 has no name"):
            list(source.blocks())

    def test_no_records_is_no_error(self, tmp_path):
        assert list(open_source(str(written(tmp_path, [["a"]]))).blocks()) == []


class TestRowsThatAreNoRecords:
    ROWS = (["a", "b"], [1, 2], [], [], [3, 4], [], ["Total", None])

    def test_blank_rows_are_counted_and_take_no_number(self, tmp_path):
        source = open_source(str(written(tmp_path, [*self.ROWS[:-2], [(None, "0")]])))
        blocks = list(source.blocks())
        assert table(source).select(RECORD_NO, LINE_NO, "a").rows() == [(1, 2, "1"), (2, 5, "3")]
        assert sum(block.skipped.blank_rows for block in blocks) == 2
        assert sum(block.read for block in blocks) == 2

    def test_blank_rows_between_records_are_faults_where_told(self, tmp_path):
        path = written(tmp_path, [*self.ROWS[:-1], [None]])
        source = open_source(str(path), SourceOptions(blank_rows="reject"))
        assert faults(source) == [(2, 3, "blank-row"), (3, 4, "blank-row")]
        assert table(source).select(RECORD_NO, LINE_NO).rows() == [(1, 2), (4, 5)]
        assert sum(block.read for block in source.blocks()) == 4

    @pytest.mark.parametrize("blank_rows", ["skip", "reject"])
    def test_formatted_rows_behind_the_last_record_are_counted_only(self, tmp_path, blank_rows):
        def change(sheet):
            for line in range(3, 13):
                sheet.cell(line, 1).number_format = "0.00"

        path = written(tmp_path, [["a"], [1]], change=change)
        blocks = list(open_source(str(path), SourceOptions(blank_rows=blank_rows)).blocks())
        assert [(block.read, block.skipped.blank_rows) for block in blocks] == [(1, 0), (0, 10)]

    def test_a_footer_is_a_fault_unless_it_is_to_be_skipped(self, tmp_path):
        path = written(tmp_path, self.ROWS)
        assert faults(open_source(str(path))) == [(3, 7, "footer-row")]
        skipping = open_source(str(path), SourceOptions(footer="skip"))
        assert faults(skipping) == []
        assert sum(block.skipped.footers for block in skipping.blocks()) == 1
        assert sum(block.skipped.blank_rows for block in skipping.blocks()) == 3

    @pytest.mark.parametrize("block_bytes", [100, 2_000_000])
    def test_only_the_last_rows_can_be_footers(self, tmp_path, block_bytes):
        rows = [["a", "b"], ["Total", None], [1, 2], *[["Total", None]] * 7]
        source = open_source(str(written(tmp_path, rows)), block_bytes=block_bytes)
        assert [number for number, _, _ in faults(source)] == [5, 6, 7, 8, 9]
        assert table(source)[RECORD_NO].to_list() == [1, 2, 3, 4]

    def test_values_beyond_the_header_are_ragged_rows_and_stand_in_the_rejects(self, tmp_path):
        path = written(tmp_path, [[None, "a", "b"], [None, 1, 2], ["left", 3, 4, 5, None, 6], [None, 7]])
        source = open_source(str(path))
        (block,) = source.blocks()
        assert block.faults.select("record_no", "code", "message").rows() == [
            (
                2,
                "ragged-row",
                "found a value in column A, D, F, which has no name, expected 2 columns; delete it, or name the column",
            )
        ]
        assert block.records["a"].to_list() == ["1", "7"]
        source.write_rejects(block.faults, tmp_path / "rejects.csv")
        assert (tmp_path / "rejects.csv").read_text().splitlines()[1].startswith("3,4,left,5,6,,2,3,")


class TestWhatExcelDoesNotShow:
    def test_hidden_rows_and_columns_are_read_and_told(self, tmp_path):
        def change(sheet):
            sheet.row_dimensions[2].hidden = sheet.row_dimensions[9].hidden = True
            sheet.column_dimensions["B"].hidden = True

        source = open_source(str(written(tmp_path, [["a", "b"], [1, 2], [3, 4]], change=change)))
        assert table(source).height == 2
        assert source.decisions[2:] == (
            "1 rows are read that Excel does not show: they are hidden in Excel",
            "1 columns are read that are hidden in Excel: 'b'",
        )

    def test_filtered_rows_are_read_and_told(self, tmp_path):
        def change(sheet):
            sheet.auto_filter.ref = "A1:A3"
            sheet.auto_filter.add_filter_column(0, ["1"])
            sheet.row_dimensions[3].hidden = True

        source = open_source(str(written(tmp_path, [["a"], [1], [3]], change=change)))
        assert table(source).height == 2
        assert source.decisions[2] == "1 rows are read that Excel does not show: a filter is set"

    def test_of_merged_cells_only_the_first_has_the_value(self, tmp_path):
        def change(sheet):
            sheet.merge_cells("A2:B3")
            sheet.merge_cells("D1:E1")

        source = open_source(str(written(tmp_path, [["a", "b"], [1, 2], [3, 4]], change=change)))
        assert table(source).select("a", "b").rows() == [("1", None)]
        assert source.decisions[2].startswith(
            "1 ranges of merged cells lie in the table, the first at A2: the first cell"
        )


class TestRejects:
    @pytest.fixture
    def source(self, tmp_path):
        rows = [["a", "b"], ["x,y", 'say "hi"'], ["cr\rlf\n", r"\N"], ["ü", None], ["z", (5, "000")]]
        return open_source(str(written(tmp_path, rows)))

    def test_they_come_back_as_csv_with_their_numbers(self, source, refuse, tmp_path):
        out = tmp_path / "rejects.csv"
        assert source.write_rejects(refuse([1, 2, 4]), out, load_id="20270301T093000Z-a1b2c3") == 3
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        returned = open_source(str(out))
        assert returned.returned_from == "20270301T093000Z-a1b2c3"
        expected = table(source).filter(pl.col(RECORD_NO) != 3)
        assert table(returned).drop(LINE_NO).equals(expected.drop(LINE_NO))

    def test_they_come_back_as_a_workbook_with_their_numbers(self, tmp_path):
        load = "20270301T093000Z-a1b2c3"
        rows = [["a", *OWN_COLUMNS], ["x", load, 7, 9, "why"], ["y", load, "3", None, None]]
        source = open_source(str(written(tmp_path, rows)))
        assert source.columns == ("a",)
        assert source.returned_from == load
        assert table(source).select(RECORD_NO, LINE_NO, "a").rows() == [(7, 2, "x"), (3, 3, "y")]
        source.write_rejects(
            pl.DataFrame([(3, 3, None, "pattern-error", "m", None)], schema=rejects.SCHEMA, orient="row"),
            tmp_path / "again.csv",
        )
        assert (tmp_path / "again.csv").read_text().splitlines()[1] == "y,,3,3,pattern-error: m"

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            (["y", "l", None, None, None], "row 3: found no whole number from 1 in _record_no"),
            (["y", "l", 7, None, None], "row 3: record 7 stands in this file twice"),
            (["y", "other", 8, None, None], "row 3: this record was refused by another load than the first"),
        ],
    )
    def test_a_record_without_a_number_of_its_own_is_an_error(self, tmp_path, row, message):
        source = open_source(str(written(tmp_path, [["a", *OWN_COLUMNS], ["x", "l", 7, 9, "why"], row])))
        with pytest.raises(SourceError, match=message):
            list(source.blocks())

    def test_any_other_workbook_is_returned_from_no_load(self, source):
        assert source.returned_from is None


class TestBlocks:
    @pytest.mark.parametrize("block_bytes", [200, 2_000, 2_000_000])
    def test_their_size_changes_nothing(self, tmp_path, block_bytes):
        path = written(tmp_path, [["a", "b"], *([f"x{row}", row if row % 3 else None] for row in range(50))])
        source = open_source(str(path), block_bytes=block_bytes)
        blocks = list(source.blocks())
        assert sum(block.read for block in blocks) == 50
        assert table(source)["a"].to_list() == [f"x{row}" for row in range(50)]
        assert len(blocks) > 3 or block_bytes > 1_000

    def test_a_text_that_many_cells_share_makes_them_smaller(self, tmp_path):
        path = raw(tmp_path, "")
        rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(2, 102))
        edited(path, old1='<row r="2"></row>', new1=rows)
        edited(path, "xl/sharedStrings.xml", text=f'<sst xmlns="{SPACE}"><si><t>{"x" * 10_000}</t></si></sst>')
        relation = '<Relationship Id="rIdX" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
        edited(path, "xl/_rels/workbook.xml.rels", old1="</Relationships>", new1=relation)
        blocks = list(open_source(str(path), block_bytes=20_000).blocks())
        assert max(block.read for block in blocks) <= 8 + 5
        assert sum(block.read for block in blocks) == 100

    def test_every_column_has_the_promised_type(self, tmp_path):
        (block,) = open_source(str(written(tmp_path, [["a"], [1]]))).blocks()
        assert dict(block.records.schema) == {
            RECORD_NO: pl.Int64,
            LINE_NO: pl.Int64,
            CLEARS: pl.List(pl.String),
            "a": pl.String,
        }
        assert dict(block.faults.schema) == rejects.SCHEMA

    def test_a_source_can_be_read_again_and_the_fingerprint_follows_the_bytes(self, tmp_path):
        source = open_source(str(written(tmp_path, [["a"], [1]])))
        assert table(source).equals(table(source))
        before = source.fingerprint()
        written(tmp_path, [["a"], [2]])
        assert len(before) == 64
        assert before != source.fingerprint()

    def test_rows_and_cells_may_leave_their_places_out(self, tmp_path):
        path = raw(tmp_path, "")
        row = "<row><c><v>1</v></c><c r='D2'/></row><row r='7'><c/><c/></row><row><c><v>2</v></c></row>"
        edited(path, old1='<row r="2"></row>', new1=row)
        assert table(open_source(str(path))).select(LINE_NO, "a").rows() == [(2, "1"), (8, "2")]

    def test_elements_may_have_a_prefix(self, tmp_path):
        cell = '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>a</x:t></x:is></x:c></x:row>'
        rows = f'{cell}<x:row r="2" hidden="1"><x:c r="A2"><x:v>5</x:v></x:c></x:row>'
        path = edited(
            raw(tmp_path, ""), text=f'<x:worksheet xmlns:x="{SPACE}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
        )
        assert column(path) == ["5"]
        assert any("1 rows are read" in remark for remark in open_source(str(path)).decisions)

    def test_c37_it_is_told_by_its_bytes_and_may_have_macros(self, tmp_path):
        path = written(tmp_path, [["a"], [1]], name="r.csv")
        assert column(path) == ["1"]
        edited(
            path,
            "[Content_Types].xml",
            old1="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
            new1="application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        )
        edited(path, "xl/vbaProject.bin", text="macro")
        assert column(path.rename(tmp_path / "r.xlsm")) == ["1"]


def archive(**parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return stream.getvalue()


class TestFilesThatCannotBeRead:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", "found an empty file"),
            (b"a,b\n1,2\n", "found something else, whatever its name says.*rename text to .csv"),
            (
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"W\0o\0r\0k\0b\0o\0o\0k\0",
                r"found an old Excel workbook \(.xls\)",
            ),
            (
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2_000_000 + "EncryptedPackage".encode("utf-16-le"),
                "encrypted with a password; open it in Excel, take the password off",
            ),
            (archive(mimetype="application/vnd.oasis.opendocument.spreadsheet"), r"OpenDocument file \(.ods\)"),
            (archive(**{"[Content_Types].xml": "<x/>", "xl/workbook.bin": ""}), r"a binary workbook \(.xlsb\)"),
            (archive(**{"data.csv": "a,b"}), "a zip archive without a workbook.*unpack it"),
            (
                archive(**{"[Content_Types].xml": f'<Types xmlns="{SPACE}"/>', "word/document.xml": "<x/>"}),
                "an Office file that is no workbook",
            ),
            (archive(**{"[Content_Types].xml": "<x"}), "malformed XML"),
        ],
        ids=["empty", "text", "xls", "encrypted", "ods", "xlsb", "zip", "docx", "malformed"],
    )
    def test_another_kind_of_file_is_told_with_what_to_do(self, tmp_path, data, message):
        (tmp_path / "r.xlsx").write_bytes(data)
        with pytest.raises(SourceError, match=message):
            open_source(str(tmp_path / "r.xlsx"))

    def test_a_workbook_that_is_cut_off(self, tmp_path):
        path = written(tmp_path, [["a"], [1]])
        path.write_bytes(path.read_bytes()[:-100])
        with pytest.raises(SourceError, match="cut off or damaged"):
            open_source(str(path))

    def test_a_part_whose_bytes_changed(self, tmp_path):
        path = written(tmp_path, [["a"], *([f"{row * 7919}"] for row in range(2_000))])
        with zipfile.ZipFile(path) as opened:
            place = opened.getinfo(SHEET).header_offset + 2_000
        data = bytearray(path.read_bytes())
        data[place : place + 40] = b"\xff" * 40
        path.write_bytes(data)
        with pytest.raises(SourceError, match="damaged"):
            list(open_source(str(path)).blocks())

    def test_c39_an_entry_behind_a_password(self, tmp_path):
        path = written(tmp_path, [["a"], [1]])
        data = path.read_bytes()
        for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            start = data.rindex(magic) + place
            data = data[:start] + bytes([data[start] | 1]) + data[start + 1 :]
        path.write_bytes(data)
        with pytest.raises(SourceError, match="is encrypted"):
            open_source(str(path))

    @pytest.mark.parametrize(
        ("parts", "message"),
        [
            ({"[Content_Types].xml": "", "../../etc/cron.d/x": "y"}, "leads out of the archive"),
            ({"[Content_Types].xml": "", "/etc/cron.d/x": "y"}, "leads out of the archive"),
            ({"[Content_Types].xml": "", **dict.fromkeys(map(str, range(20_000)), "")}, "found 20,001 parts"),
            ({"inner.zip": archive(**{"inner.zip": "x"})}, "a zip archive without a workbook"),
        ],
        ids=["path", "root", "many", "nested"],
    )
    def test_c39_archives_that_are_up_to_something(self, tmp_path, parts, message):
        (tmp_path / "r.xlsx").write_bytes(archive(**parts))
        with pytest.raises(SourceError, match=message):
            open_source(str(tmp_path / "r.xlsx"))

    def test_the_strict_variant_of_the_format(self, tmp_path):
        path = written(tmp_path, [["a"], [1]])
        edited(path, "xl/workbook.xml", old1=SPACE, new1="http://purl.oclc.org/ooxml/spreadsheetml/main")
        with pytest.raises(SourceError, match=r"found a 'Strict Open XML' workbook; save it in Excel as"):
            open_source(str(path))

    @pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/media/image1.png"])
    def test_c39_a_bomb_is_refused_before_it_is_unpacked(self, tmp_path, part):
        path = edited(written(tmp_path, [["a"], [1]]), part, text=" " * 70_000_000)
        with pytest.raises(SourceError, match=r"unpacks 68,\d+ bytes to 70,000,000, which Excel never writes"):
            open_source(str(path))

    @pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
    def test_entities_are_never_expanded(self, tmp_path, part, encoding):
        path = written(tmp_path, [["a"], [1]])
        bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in {**parts, part: bomb.encode(encoding)}.items():
                archive.writestr(name, data)
        with pytest.raises(SourceError, match="declares XML entities"):
            open_source(str(path))

    @pytest.mark.parametrize(
        ("cells", "message"),
        [
            ('<c r="A2" t="s"><v>0</v></c>', "names a text that is not among its 0 texts"),
            ('<c r="ÄÖ2"><v>0</v></c>', "found a cell at 'ÄÖ2', expected a place like A1"),
            ('</row><row r="2"><c r="A2"><v>0</v></c>', "found row '2' behind row 2, expected rows in order"),
            ('</row><row r="2000000"><c r="A2"><v>0</v></c>', "found row '2000000' behind row 2"),
            ("<c><v>1</c>", "malformed XML, mismatched tag"),
        ],
    )
    def test_a_sheet_that_says_what_cannot_be(self, tmp_path, cells, message):
        with pytest.raises(SourceError, match=message):
            list(open_source(str(raw(tmp_path, cells))).blocks())

    def test_whatever_bytes_of_a_part_are_wrong_it_is_an_error_or_read(self, tmp_path):
        path = written(tmp_path, [["a", "b"], ["x", (1, "000")], [date(2027, 3, 1), True]])
        with zipfile.ZipFile(path) as opened:
            parts = {name: opened.read(name) for name in opened.namelist() if "theme" not in name}
        for seed in range(200):
            rng = random.Random(seed)
            name = rng.choice([*parts])
            changed = bytearray(parts[name])
            start = rng.randrange(len(changed))
            changed[start : start + rng.choice((1, 1, 30))] = rng.randbytes(rng.choice((0, 1)))
            path.write_bytes(archive(**{**parts, name: bytes(changed)}))
            try:
                source = open_source(str(path))
                assert sum(block.read for block in source.blocks()) <= 3
                assert source.decisions
            except SourceError:
                continue


def test_a_workbook_behind_an_address(tmp_path):
    import fsspec

    with fsspec.open("memory://lake/r.xlsx", "wb") as stream:
        stream.write(written(tmp_path, [["a"], [1]]).read_bytes())
    assert table(open_source("memory://lake/r.xlsx"))["a"].to_list() == ["1"]


def test_a_workbook_of_another_program_with_styles_that_openpyxl_refuses(tmp_path):
    path = raw(tmp_path, '<c r="A2" s="1"><v>46447</v></c>', styles=["yyyy-mm-dd"])
    edited(path, "xl/styles.xml", old1='<sz val="11"', new1='<sz val="eleven"')
    assert column(path) == ["2027-03-01"]
