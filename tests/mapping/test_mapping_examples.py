"""The tests beside a mapping: which hold, and how one that does not is told."""

from __future__ import annotations

import pytest

from regbulk.mapping import check_examples
from regbulk.schema import import_schema

HEAD = """
defaults: {clear: [weg], time_zone: Europe/Berlin}
columns:
  Nr: {field: sys_external_id, pad: 6}
  Status: {field: status, values: {B: active, S: cancelled}}
  Datum: {field: date, dates: ['%d.%m.%Y']}
  Kurse: {field: sessions, split: {separator: ',', member: session_id}}
  Summe: {field: order_total, number: {decimal: ','}}
  Gast: {field: is_guest_registration, values: {ja: true}}
  Haupt: {reference: {field: parent_registration_id, to: Nr}}
  Alt: ignore
joins: {name: {columns: [Vorname, Nachname], separator: ' '}}
constants: {event_id: evt-1}
examples:
"""


@pytest.fixture
def failures(read):
    def found(examples: str):
        return [
            (failure.number, failure.line, failure.message)
            for failure in check_examples(read(HEAD + examples), import_schema())
        ]

    return found


@pytest.mark.parametrize(
    "example",
    [
        "{row: {Nr: 17, Status: B}, record: {sys_external_id: '000017', status: active}}",
        "{row: {nr: '17'}, record: {sys_external_id: '000017', status: null, event_id: evt-1}}",
        "{row: {Datum: 1.7.2027}, record: {date: 2027-06-30T22:00:00Z}}",
        "{row: {Datum: 1.7.2027}, record: {date: '2027-07-01T00:00:00+02:00'}}",
        "{row: {Kurse: 'a, b'}, record: {sessions: [{session_id: a}, {session_id: b}]}}",
        "{row: {Summe: '12,50'}, record: {order_total: 12.5}}",
        "{row: {Gast: ja}, record: {is_guest_registration: true}}",
        "{row: {Vorname: Ada, Nachname: L}, record: {name: Ada L}}",
        "{row: {Nr: 17, Haupt: 3}, record: {parent_registration_id: '000003'}}",
        "{row: {Nr: 17, Haupt: null}, record: {parent_registration_id: null}}",
        "{row: {Status: weg}, record: {status: null}}",
        '{row: {Status: "\\\\N"}, record: {status: null}}',
        "{row: {Status: X}, rejects: [enum-error status]}",
        "{row: {Status: X, Summe: x}, rejects: [type-error order_total, enum-error status], record: {status: null}}",
        "{row: {Nr: 1.2E+15}, rejects: [damaged-value sys_external_id]}",
        "{row: {city: Bonn}, record: {city: Bonn}}",
    ],
)
def test_examples_that_hold(failures, example):
    assert failures(f"- {example}\n") == []


def test_examples_that_do_not_hold_are_told_with_number_line_and_both_values(failures):
    examples = (
        "- {row: {Status: B}, record: {status: active}}\n"
        "- {row: {Status: B}, record: {status: cancelled}}\n"
        "- row: {Summe: '1,5', Kurse: a}\n"
        "  record: {order_total: 15, sessions: [], status: active, notes: x}\n"
        "- {row: {Status: B}, rejects: [enum-error status]}\n"
        "- {row: {Status: X}, record: {status: null}}\n"
    )
    assert failures(examples) == [
        (2, 16, "status: found 'active', expected \"cancelled\""),
        (3, 17, "order_total: found '1.5', expected 15"),
        (3, 17, 'sessions: found \'[{"session_id":"a"}]\', expected []'),
        (3, 17, 'status: found nothing, expected "active"'),
        (3, 17, 'notes: found nothing that the mapping gives it, expected "x"'),
        (4, 19, "found no reject enum-error status, expected one"),
        (5, 20, "found the reject enum-error status, expected none: column 'Status': found 'X', expected one of: B, S"),
    ]


def test_a_mapping_without_examples_has_none_that_fail(read):
    assert check_examples(read("columns: {X: notes}\n"), import_schema()) == []
