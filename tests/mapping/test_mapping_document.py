"""How a mapping file is read as YAML: plain values, keys as written, nothing executed."""

from __future__ import annotations

import pytest

from regbulk.errors import MappingError
from regbulk.mapping import read_mapping
from regbulk.mapping.document import read_document


def value(text: str):
    return read_document("m.yaml", text.encode()).value


def test_keys_are_the_text_that_is_written():
    assert value("{NO: a, 1: b, on: c, 1.50: d, null: e, ~: f, 'q': g}") == {
        "NO": "a",
        "1": "b",
        "on": "c",
        "1.50": "d",
        "null": "e",
        "~": "f",
        "q": "g",
    }


@pytest.mark.parametrize("text", ["NO", "no", "yes", "on", "off", "y", "12:30", "2027-03-01", "1_000", "0x10", ".inf"])
def test_plain_scalars_that_yaml_1_1_would_change_stay_text(text):
    assert value(f"[{text}]") == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", True), ("False", False), ("null", None), ("~", None), ("17", 17), ("-1.5e3", -1500.0), (".5", 0.5)],
)
def test_plain_scalars_follow_the_core_schema_of_yaml_1_2(text, expected):
    (found,) = value(f"[{text}]")
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("text", ["true", "null", "17", "1.5"])
def test_quoted_scalars_are_text(text):
    assert value(f"['{text}', \"{text}\"]") == [text, text]


def test_numbers_keep_the_text_they_were_written_with():
    document = read_document("m.yaml", b"{a: 007, b: 1.50, c: TRUE}")
    assert [document.texts[key,] for key in "abc"] == ["007", "1.50", "true"]


def test_a_byte_order_mark_is_no_part_of_the_file():
    assert read_document("m.yaml", b"\xef\xbb\xbfa: 1\n").value == {"a": 1}


def test_every_value_knows_its_line_and_every_key_its_way():
    document = read_document("m.yaml", b"a:\n  b:\n    - x\n    - {c: 1}\n")
    assert document.place("a", "b", 1, "c") == (4, "a.b[2].c")
    assert document.place("a", "nothing") == (1, "a.nothing")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['exit']", "!!str x", "!own x", "! x"])
def test_s12_tags_are_refused_and_nothing_is_made_of_them(problems, tag):
    (problem,) = problems(f"columns:\n  X:\n    field: {tag}\n")
    assert problem.startswith("line 3, columns.X.field: found a tag (!…), expected plain values")


def test_s12_anchors_and_aliases_are_refused_so_that_no_file_grows_without_end(problems):
    bomb = "columns: {A: &a notes, B: *a}\nconstants: &c {notes: *c}\n"
    advice = "expected plain values; put text that begins with such a sign in quotes"
    assert problems(bomb) == [
        f"line 1, columns.A: found an anchor (&…), {advice}",
        f"line 1, columns.B: found an alias (*…), {advice}",
        f"line 2, constants: found an anchor (&…), {advice}",
        f"line 2, constants.notes: found an alias (*…), {advice}",
    ]


@pytest.mark.parametrize(
    "text", ["{{7*7}}", "${HOME}", "$(id)", "=1+1", "__import__('os').getcwd()", "%(name)s", "{0.__class__}", "#{1}"]
)
def test_s11_templates_and_expressions_are_text_like_any_other(values, text):
    assert values(f"{{field: notes, values: {{A: '{text.replace(chr(39), chr(39) * 2)}'}}}}", ["A"]) == [text]


def test_several_documents_are_refused(problems):
    assert problems("columns: {X: notes}\n---\ncolumns: {}\n") == [
        "line 2: found a second document (---), expected one; keep one mapping to a file"
    ]


def test_a_key_that_stands_twice_is_refused_with_both_lines(problems):
    text = "columns:\n  X: notes\n  Y:\n    field: status\n    field: notes\n  X: city\n"
    assert problems(text) == [
        "line 5, columns.Y.field: line 4 has this key too, expected it once; keep one",
        "line 6, columns.X: line 2 has this key too, expected it once; keep one",
    ]


def test_a_key_that_is_no_text_is_refused(problems):
    assert problems("columns:\n  ? [a, b]\n  : notes\n") == ["line 2, columns: found no text as a key, expected a name"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"columns:\n  X: [notes\n", "line 2: found [ without its ]; add it"),
        (
            b"defaults:\n  dates: [%d.%m.%Y]\n",
            "line 2: the YAML breaks off here: found character '%' that cannot start any",
        ),
        (b"columns:\n  X: \x01\n", "line 2: found the control character U+0001; remove it"),
        (b"columns:\n  Di\xe4t: notes\n", "line 2: found byte 0xE4, expected UTF-8; save the file as UTF-8"),
        (b"[" * 20_000, "line 1: found values inside values without end"),
        (b"columns: {X: notes}\n" + b"#" * 4_000_000, "line 1: found 4,000,020 bytes, expected at most 4,000,000"),
        (b"", "line 1: found nothing, expected keys with values"),
        (b"notes\n", 'line 1: found "notes", expected keys with values'),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(problems, content, problem):
    (found,) = problems(content)
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("defaults:\n  time_zone: ?\ncolumns: {}\n", ["2: found ?"]),
        ("defaults:\r\n  time_zone: ?   # an IANA name\r\ncolumns: {}\r\n", ["2: found ?"]),
        ('columns:\n  X:\n    field: notes\n    values:\n      "E1": ?\n      E2: "?"\n', ["5: found ?"]),
        ("columns:\n  X: {custom_field: ?, as: string_value}\n", ["2: found ?"]),
        ("columns:\n  X: {custom_field: ?}\n  # Z: ?\n  Y: ?\n  Z: so? ?\n", ["2: found ?", "4: found ?"]),
        ("defaults:\n  dates: [?]\n", ["2, defaults.dates[1]: found ?"]),
        ("defaults:\n  time_zone:\n    ?\n", ["3, defaults.time_zone: found ?"]),
    ],
)
def test_answers_that_a_draft_still_asks_for_are_told_with_their_lines(problems, text, told):
    assert problems(text) == [f"line {start}, expected your answer in its place" for start in told]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("columns:\n  X: notes\n\tY: city\n", "3: begins with a tab; YAML takes spaces only"),
        ("columns:\n\tX: notes\n", "2: begins with a tab; YAML takes spaces only"),
        ("columns:\n  X:\n  \t  field: notes\n", "3: begins with a tab; YAML takes spaces only"),
        (
            "source: {}\ncolumns: {}\n  # of a draft\n  X: notes\n",
            "2: {} says that there are no columns; take it away",
        ),
        ("examples: []  # none\n  - row: {X: 1}\n", "1: [] says that there are no examples; take it away"),
        (
            "columns:\n  X: notes\n  - Nr: city\n",
            "3: found a dash among names without one; columns are written as 'name: field', without a dash",
        ),
        (
            "columns:\n  - Nr: city\n  X: notes\n",
            "2: found a dash among names without one; columns are written as 'name: field', without a dash",
        ),
        (
            "columns:\n  X: {field: notes\n\n  Y: city\n",
            "2: found { without its }; add it, or put a comma before line 4",
        ),
        ("columns:\n  X: {field: notes, values: {A: b}\n", "2: found { without its }; add it"),
        ("columns:\n  X: 'notes\n  Y: city\n", "2: found ' without another at the end of the text; add it"),
        ('columns:\n  X: "notes\n  "Y": city\n', '2: found " without another at the end of the text; add it'),
        ("columns:\n  X: {field: 'a' b}\n", "2: the YAML breaks off here: expected ',' or '}', but got '<scalar>'"),
        ("columns:\n  X: notes: city\n", "2: the YAML breaks off here: mapping values are not allowed here"),
        (
            "columns:\n  X: notes\n Y: city\n",
            "3: the YAML breaks off here: expected <block end>, but found '<block mapping start>'",
        ),
    ],
)
def test_what_breaks_yaml_is_told_by_its_cause(problems, text, told):
    assert problems(text) == [f"line {told}"]


def test_a_sign_that_needs_quotes_is_told(problems):
    (problem,) = problems("defaults:\n  dates: [%d.%m.%Y]\n")
    assert problem.endswith("put the text in quotes")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(
        MappingError, match=r"none\.yaml: the mapping cannot be read \(No such file.*\); check --mapping"
    ):
        read_mapping(tmp_path / "none.yaml")


def test_a_mapping_carries_its_bytes_and_how_its_source_is_read(read):
    text = 'source: {encoding: cp1252, delimiter: ";", quote: "", footer: skip}\ncolumns: {X: notes}\n'
    mapping = read(text)
    assert mapping.content == text.encode()
    assert (mapping.options.encoding, mapping.options.delimiter, mapping.options.quote) == ("cp1252", ";", "")
    assert (mapping.options.escape, mapping.options.blank_rows, mapping.options.footer) == (None, None, "skip")
