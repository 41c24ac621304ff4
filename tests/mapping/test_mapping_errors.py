"""What a mapping file can say wrong: each with its line and key, what was found, what was expected, all at once."""

from __future__ import annotations

import pytest

HEAD = "columns:\n"


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("{filed: notes}", "columns.X.filed: found no such key; did you mean 'field'?"),
        ("{xyzzy: 1}", "columns.X.xyzzy: found no such key; expected one of: field, custom_field, as, reference,"),
        ("3", "columns.X: found 3, expected text or keys with values; put it in quotes"),
        ("", "columns.X: found nothing, expected a field, or: ignore"),
        ("{}", "columns.X: found {}, expected at least 1 member"),
        ("{field: notes, trim: no}", 'columns.X.trim: found "no", expected true or false'),
        ("{field: notes, empty: [NULL]}", "columns.X.empty[1]: found NULL, expected text; put it in quotes"),
        ("{field: notes, empty: '-'}", 'columns.X.empty: found "-", expected a list'),
        ("{field: notes, pad: 1}", "columns.X.pad: found 1, expected at least 2"),
        ("{field: notes, pad: 65}", "columns.X.pad: found 65, expected at most 64"),
        ("{field: notes, pad: true}", "columns.X.pad: found true, expected one of: false"),
        ("{field: notes, pad: six}", 'columns.X.pad: found "six", expected a whole number'),
        ("{field: notes, values: {A: [b]}}", 'columns.X.values.A: found ["b"], expected text or a number or true or'),
        (
            "{field: order_total, number: {decimal: ;}}",
            'columns.X.number.decimal: found ";", expected one of: ".", ","',
        ),
        ("{field: date, dates: []}", "columns.X.dates: found [], expected at least 1 item"),
        ("{custom_field: diet__c}", "columns.X: found nothing, expected the key 'as'"),
        ("{field: notes, as: string_value}", "columns.X: found nothing, expected the key 'custom_field'"),
        (
            "{custom_field: Diät, as: string_value}",
            'columns.X.custom_field: found "Diät", expected text that matches ^[a-z0-9:_-]{1,300}__c$',
        ),
        (
            "{custom_field: diet__c, as: string_values}",
            'columns.X.as: found "string_values", expected one of: "string_value", "numeric_value"',
        ),
        ("{reference: {field: parent_registration_id}}", "columns.X.reference: found nothing, expected the key 'to'"),
        ("{field: notes, lookup: {file: a.csv, key: k}}", "columns.X.lookup: found nothing, expected the key 'value'"),
        ("{field: sessions, split: {}}", "columns.X.split: found nothing, expected the key 'separator'"),
    ],
)
def test_the_shape_of_a_column_is_checked(problems, said, problem):
    (found,) = problems(f"{HEAD}  Y: city\n  X: {said}\n")
    assert found.startswith(f"line 3, {problem}")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("statsu", "columns.X: found 'statsu', which is no field of a registration; did you mean 'status'?"),
        ("ignor", "columns.X: found 'ignor', which is no field of a registration; did you mean 'ignore'?"),
        ("xyzzy", "columns.X: found 'xyzzy', which is no field of a registration"),
        (
            "{field: badge.frist_name}",
            "columns.X.field: found 'badge.frist_name', which is no field of a registration;",
        ),
        ("sys_version", "columns.X: found 'sys_version', which the API alone writes; expected a field that a source"),
        ("sys_bulk_load_id", "columns.X: found 'sys_bulk_load_id', which regbulk itself writes; expected a field"),
        ("{trim: false}", "columns.X: goes nowhere; add field, custom_field or reference, name it in a join, or write"),
        (
            "{field: notes, custom_field: d__c, as: string_value}",
            "columns.X: found field and custom_field, expected one",
        ),
        (
            "{reference: {field: contact_id, to: Y}}",
            "columns.X.reference.field: found 'contact_id', expected a field that holds the id of another",
        ),
        (
            "{reference: {field: parent_registration_id, to: Z}}\n  Z: ignore",
            "columns.X.reference.to: found 'Z', a column that is ignored, expected one that is read",
        ),
        (
            "{reference: {field: parent_registration_id, to: X}}",
            "columns.X.reference.to: found 'X', the column itself; expected the column that holds the key",
        ),
        (
            "{field: date, time_zone: Europe/Berlni}",
            "columns.X.time_zone: found 'Europe/Berlni', expected the IANA name",
        ),
        (
            "{field: date, time_zone: ../../etc/passwd}",
            "columns.X.time_zone: found '../../etc/passwd', expected the IANA",
        ),
        (
            "{field: date, dates: ['%d.%m']}",
            "columns.X.dates: '%d.%m': found none of year (%Y, %y), expected exactly one",
        ),
        ("{field: date, dates: ['%m.%Y']}", "columns.X.dates: '%m.%Y': found none of day (%d), expected exactly one"),
        ("{field: date, dates: ['%d.%m.%b.%Y']}", "columns.X.dates: '%d.%m.%b.%Y': found two of month (%m, %b, %B),"),
        ("{field: date, dates: ['%d.%d.%m.%Y']}", "columns.X.dates: '%d.%d.%m.%Y': found %d more than once"),
        ("{field: date, dates: ['%Q']}", "columns.X.dates: '%Q': found %Q, expected signs among %d %m %b"),
        ("{field: date, dates: ['%d.%m.%Y %']}", "columns.X.dates: '%d.%m.%Y %': found %(end), expected signs among"),
        ("{field: date, dates: ['%d.%m.%Y %I']}", "columns.X.dates: '%d.%m.%Y %I': found %I without %p, expected both"),
        (
            "{field: date, dates: ['%d.%m.%Y %H%I%p']}",
            "columns.X.dates: '%d.%m.%Y %H%I%p': found %H and %I, expected one",
        ),
        ("{field: date, dates: ['%d.%m.%Y %M']}", "columns.X.dates: '%d.%m.%Y %M': found %M without an hour"),
        ("{field: date, dates: ['%d.%m.%Y %H:%S']}", "columns.X.dates: '%d.%m.%Y %H:%S': found %S without %M"),
        ("{field: date, dates: ['%d.%m.%Y %z']}", "columns.X.dates: '%d.%m.%Y %z': found %z without a time"),
        (
            "{field: date, dates: [Excel]}",
            "columns.X.dates: found 'Excel', expected signs with %, like %d.%m.%Y; did you",
        ),
        (
            "{field: date, dates: [DD.MM.YYYY]}",
            "columns.X.dates: found 'DD.MM.YYYY', expected signs with %, like %d.%m.%Y",
        ),
        ("{field: date, dates: ['%d.%m.%y']}", "columns.X.dates: found %y, a year of two digits; say with years_from"),
        (
            "{field: order_total, number: {decimal: '.', thousands: '.'}}",
            "columns.X.number: found '.' for both decimal and thousands, expected two different marks",
        ),
        ("{field: order_total, strip: ['-']}", "columns.X.strip: found '-', which numbers are made of, expected signs"),
        ("{field: notes, empty: [x], clear: [x]}", "columns.X.clear: found 'x' under empty too, expected one meaning"),
        (
            "{field: notes, empty: [x], values: {x: y}}",
            "columns.X.values: found 'x' under empty or clear too, expected one meaning; keep one",
        ),
        ("{field: status, values: {'': active}}", "columns.X.values.: found an empty text, which never has a meaning"),
        (
            "{field: date, values: {x: null}, dates: [iso]}",
            "columns.X.dates: found dates beside values, which says already",
        ),
        ("{field: notes, number: {decimal: '.'}}", "columns.X.number: does not fit: notes is text"),
        ("{field: notes, dates: [iso]}", "columns.X.dates: does not fit: notes is text"),
        ("{field: order_total, time_zone: UTC}", "columns.X.time_zone: does not fit: order_total is a number"),
        ("{field: status, split: {separator: ','}}", "columns.X.split: does not fit: status is text"),
        ("{field: order_total, pad: 6}", "columns.X.pad: does not fit: order_total is a number"),
        (
            "{custom_field: y__c, as: boolean_value, strip: ['%']}",
            "columns.X.strip: does not fit: boolean_value of y__c is true or false",
        ),
        (
            "{field: sessions, split: {separator: ','}}",
            "columns.X.split: found no member, expected one: sessions is an array of objects (session_id)",
        ),
        (
            "{field: sessions, split: {separator: ',', member: sesion_id}}",
            "columns.X.split.member: found 'sesion_id', expected a text member of sessions: session_id; did you mean",
        ),
        (
            "{field: ribbon_ids, split: {separator: ',', member: id}}",
            "columns.X.split.member: found 'id', expected none: ribbon_ids is an array of texts",
        ),
        (
            "{field: status, values: {B: aktive}}",
            "columns.X.values.B: found 'aktive', expected one of: draft, pending approval, active, cancelled",
        ),
        ("{field: is_guest_registration, values: {J: ja}}", "columns.X.values.J: found 'ja', expected true or false"),
        ("{field: notes, values: {J: true}}", "columns.X.values.J: found true, expected text; put it in quotes"),
        (
            "{field: order_total, values: {J: 007}}",
            "columns.X.values.J: found '007', expected a number as JSON writes it",
        ),
        (
            "{custom_field: y__c, as: numeric_value, values: {J: x}}",
            "columns.X.values.J: found 'x', expected a number as JSON writes it, like 120.5",
        ),
        (
            "{field: sessions, split: {separator: ',', member: session_id}, values: {A: ''}}",
            'columns.X.values.A: found "", expected at least 1 character',
        ),
    ],
)
def test_what_a_column_says_is_checked(problems, said, problem):
    (found,) = problems(f"{HEAD}  Y: sys_external_id\n  X: {said}\n")
    assert found.startswith(f"line 3, {problem}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colums: {}", "line 1, colums: found no such key; did you mean 'columns'?"),
        ("constants: {statsu: active}", "line 1, constants.statsu: found 'statsu', which is no field"),
        ("constants: {status: aktive}", "line 1, constants.status: found 'aktive', expected one of: draft"),
        (
            "constants: {status: null}",
            "line 1, constants.status: found null, expected text or a number or true or false",
        ),
        ("constants: {notes: true}", "line 1, constants.notes: found true, expected text; put it in quotes"),
        (
            "constants: {sys_version: 1}",
            "line 1, constants.sys_version: found 'sys_version', which the API alone writes",
        ),
        (
            "joins: {name: {columns: [A], separator: ' '}}",
            'line 1, joins.name.columns: found ["A"], expected at least 2',
        ),
        ("joins: {nmae: {columns: [A, B], separator: ' '}}", "line 1, joins.nmae: found 'nmae', which is no field"),
        ("joins: {date: {columns: [A, B], separator: ' '}}", "line 1, joins.date: found 'date', which is no text"),
        (
            "source: {encoding: cp125}",
            "line 1, source.encoding: 'cp125': found no such encoding, expected one like utf-8, cp1252 or utf-16-le",
        ),
        ("source: {encoding: hex}", "line 1, source.encoding: 'hex': found no such encoding, expected one like utf-8"),
        (
            "columns: {X: notes}\nsource:\n#  footer: skip",
            "line 2, source: found nothing, expected keys with values; take the # off the lines below it too, or",
        ),
        ("examples:", "line 1, examples: found nothing, expected a list; take the # off the lines below it too"),
        (
            "columns:\n  - Nr: notes",
            "line 1, columns: found a list; columns are written as 'name: field', without a dash",
        ),
        ("source: {delimiter: ';;'}", 'line 1, source.delimiter: found ";;", expected at most 1 character'),
        ("source: {delimiter: a}", "line 1, source.delimiter: found 'a', expected one ASCII character"),
        ("source: {delimiter: '§'}", "line 1, source.delimiter: found '§', expected one ASCII character"),
        ("source: {delimiter: '|', quote: '|'}", "line 1, source.delimiter: found '|', which is quote too"),
        ("source: {footer: ignore}", 'line 1, source.footer: found "ignore", expected one of: "skip", "reject"'),
        (
            "defaults: {time_zone: CEST}",
            "line 1, defaults.time_zone: found 'CEST', expected the IANA name of a time zone",
        ),
        ("defaults: {dates: ['%d/%m']}", "line 1, defaults.dates: '%d/%m': found none of year"),
        ("defaults: {pad: 6}", "line 1, defaults.pad: found no such key"),
        ("examples: [{row: {X: 1}}]", "line 1, examples[1]: found neither record nor rejects"),
        (
            "columns: {X: notes}\nexamples:\n- {row: {Y: 1}, record: {notes: 1}}",
            "line 3, examples[1].row.Y: no column of",
        ),
        (
            "columns: {X: notes}\nexamples:\n- {row: {X: 1}, record: {note: 1}}",
            "line 3, examples[1].record.note: no field",
        ),
        (
            "columns: {X: notes}\nexamples:\n- {row: {X: 1}, rejects: [enum-eror notes]}",
            "line 3, examples[1].rejects[1]: found the code 'enum-eror', expected `code field`; did you mean",
        ),
        (
            "columns: {X: notes}\nexamples:\n- {row: {X: 1}, rejects: [enum-error note]}",
            "line 3, examples[1].rejects[1]: found 'note', which is no field of a registration; did you mean 'notes'?",
        ),
    ],
)
def test_what_stands_beside_the_columns_is_checked(problems, text, problem):
    (found,) = problems(f"{text}\n")
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("columns: {X: notes, Y: notes}", ["columns.Y: found 'notes', but line 1 gives 'notes' its value already"]),
        ("columns: {X: notes}\nconstants: {notes: n}", ["constants.notes: found 'notes', but line 1 gives 'notes'"]),
        (
            "columns: {X: name}\njoins: {name: {columns: [A, B], separator: ''}}",
            ["joins.name: found 'name', but line 1 gives 'name' its value already; keep one"],
        ),
        (
            "columns: {X: badge.first_name, Y: badge}",
            ["columns.Y: found 'badge', but line 1 gives 'badge.first_name' its value already; keep one"],
        ),
        (
            "columns:\n  X: {custom_field: a__c, as: string_value}\n  Y: {custom_field: a__c, as: string_value}",
            ["columns.Y: found 'custom_field_values[a__c]', but line 2 gives 'custom_field_values[a__c]'"],
        ),
        (
            "columns:\n  X: {custom_field: a__c, as: string_value}\n  Y: custom_field_values",
            ["columns.Y: found 'custom_field_values', but line 2 gives 'custom_field_values[a__c]' its value"],
        ),
    ],
)
def test_two_things_for_one_field_are_refused_with_both_lines(problems, text, expected):
    found = problems(text)
    assert len(found) == len(expected)
    assert all(start in problem for start, problem in zip(expected, found, strict=True))


def test_two_names_for_one_column_are_refused(problems):
    assert problems("columns:\n  Status: status\n  ' STATUS ': notes\n") == [
        "line 3, columns. STATUS : differs from 'Status' in line 2 only in case or spaces; keep one"
    ]


def test_a_column_that_is_ignored_cannot_be_joined(problems):
    text = "columns: {A: ignore}\njoins: {name: {columns: [a, B], separator: ' '}}\n"
    assert problems(text) == [
        "line 1, columns.A: found ignore, but the join 'name' reads it; leave it out here, or there"
    ]


def test_records_have_one_key_by_which_they_are_referred_to(problems):
    text = (
        "columns:\n  No: sys_external_id\n  Alt: notes\n"
        "  P: {reference: {field: parent_registration_id, to: No}}\n"
        "  M: {reference: {field: modified_registration_id, to: Alt}}\n"
    )
    (problem,) = problems(text)
    assert problem.startswith("line 5, columns.M.reference.to: found references to different columns, expected one key")


def test_all_problems_are_told_at_once_in_the_order_of_their_lines(problems):
    text = (
        "defaults:\n  time_zone: Mars\n"
        "columns:\n  A: statsu\n  B: {field: notes, dates: [iso]}\n  C: {field: date, dates: ['%d']}\n"
        "constants: {xyzzy: 1}\n"
    )
    assert [problem.partition(":")[0] for problem in problems(text)] == [
        "line 2, defaults.time_zone",
        "line 4, columns.A",
        "line 5, columns.B.dates",
        "line 6, columns.C.dates",
        "line 7, constants.xyzzy",
    ]
