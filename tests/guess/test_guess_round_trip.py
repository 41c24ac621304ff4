"""What a draft decides gives back the records that were written down in a country's own way."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regbulk.mapping import compile_mapping
from regbulk.schema import import_schema

STATUSES = ("active", "cancelled", "draft")
NUMBERS = ("order_number", "order_total", "order_amount_paid", "order_balance_due")


class Culture(NamedTuple):
    """How a country writes, by field; `header` names the columns."""

    header: Mapping[str, str]
    date: str
    number: Callable[[Decimal], str]
    booleans: tuple[str, str]
    statuses: tuple[str, str, str]


def german_number(amount):
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,")) + " €"


CULTURES = {
    "german": Culture(
        {
            "sys_external_id": "Teilnehmer-Nr",
            "first_name": "Vorname",
            "last_name": "Nachname",
            "email_address": "E-Mail",
            "date": "Angemeldet am",
            "order_total": "Betrag",
            "is_guest_registration": "Gast",
            "status": "Status",
        },
        "%d.%m.%Y %H:%M",
        german_number,
        ("WAHR", "FALSCH"),
        ("bestätigt", "storniert", "Entwurf"),
    ),
    "american": Culture(
        {
            "sys_external_id": "Registration No.",
            "first_name": "First Name",
            "last_name": "Surname",
            "email_address": "email",
            "date": "Registered On",
            "order_total": "Amount ($)",
            "is_guest_registration": "Is guest?",
            "status": "Registration Status",
        },
        "%m/%d/%Y %I:%M %p",
        "${:,.2f}".format,
        ("Yes", "No"),
        ("Confirmed", "Canceled", "Draft"),
    ),
    "french": Culture(
        {
            "sys_external_id": "N° d'inscription",
            "first_name": "Prénom",
            "last_name": "Nom de famille",
            "email_address": "Courriel",
            "date": "Date d'inscription",
            "order_total": "Montant TTC",
            "is_guest_registration": "Accompagnant",
            "status": "Statut",
        },
        "%d/%m/%Y %H:%M",
        lambda amount: f"{amount:,.2f}".translate(str.maketrans({",": "\u202f", ".": ","})),
        ("oui", "non"),
        ("Confirmé", "Annulé", "Brouillon"),
    ),
    "spanish": Culture(
        {
            "sys_external_id": "Número de inscripción",
            "first_name": "Nombre",
            "last_name": "Apellidos",
            "email_address": "Correo electrónico",
            "date": "Fecha de inscripción",
            "order_total": "Importe",
            "is_guest_registration": "Acompañante",
            "status": "Estado",
        },
        "%d-%m-%Y %H:%M:%S",
        lambda amount: f"{amount:.2f}".replace(".", ","),
        ("SÍ", "NO"),
        ("Confirmado", "Anulada", "borrador"),
    ),
}

RECORD = st.fixed_dictionaries(
    {
        "sys_external_id": st.integers(1, 999_999),
        "first_name": st.sampled_from(["Eva", "Jürgen", "Anaïs", "Íñigo"]),
        "last_name": st.sampled_from(["Null", "Öhler", "d'Aubigné", "Núñez, de Lara", 'O"Malley']),
        "date": st.integers(0, 400_000).map(
            lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        ),
        "order_total": st.integers(0, 2_000_000).map(lambda cents: Decimal(cents) / 100),
        "is_guest_registration": st.booleans(),
        "status": st.integers(0, 2),
        "lost": st.booleans(),
    }
)
DECISIVE = {
    "sys_external_id": 17,
    "first_name": "Gülsah",
    "last_name": "Weißgerber",
    "date": datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
    "order_total": Decimal("1234.56"),
    "is_guest_registration": True,
    "status": 0,
    "lost": False,
}


def written(record, culture):
    number = record["sys_external_id"]
    return {
        "sys_external_id": str(number) if record["lost"] else f"{number:06}",
        "first_name": record["first_name"],
        "last_name": record["last_name"],
        "email_address": f"p{number}@example.org",
        "date": record["date"].strftime(culture.date),
        "order_total": culture.number(record["order_total"]),
        "is_guest_registration": culture.booleans[0 if record["is_guest_registration"] else 1],
        "status": culture.statuses[record["status"]],
    }


def expected(record):
    return {
        "sys_external_id": f"{record['sys_external_id']:06}",
        "first_name": record["first_name"],
        "last_name": record["last_name"],
        "email_address": f"p{record['sys_external_id']}@example.org",
        "date": record["date"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "order_total": float(record["order_total"]),
        "is_guest_registration": str(record["is_guest_registration"]).lower(),
        "status": STATUSES[record["status"]],
    }


@pytest.mark.parametrize("name", CULTURES)
def test_planted_records_come_back(name, guess_file):
    culture = CULTURES[name]

    @settings(max_examples=10, deadline=None)
    @given(records=st.lists(RECORD, max_size=12, unique_by=lambda record: record["sys_external_id"]))
    def come_back(records):
        others = [record for record in records if record["sys_external_id"] != DECISIVE["sys_external_id"]]
        both = {**DECISIVE, "sys_external_id": 999_999_0 // 10 - 1, "is_guest_registration": False, "status": 1}
        rows = [DECISIVE, both, *(record for record in others if record["sys_external_id"] != both["sys_external_id"])]
        with TemporaryDirectory() as folder:
            path = Path(folder) / "source.csv"
            with path.open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, list(culture.header), delimiter=";")
                writer.writerow(culture.header)
                writer.writerows(written(record, culture) for record in rows)
            guess = guess_file(path)
            assert [entry.target for entry in guess.draft.entries] == list(culture.header)
            converted = guess.converted(defaults={"time_zone": "UTC"})
        assert converted.faults.is_empty()
        found = converted.records.select(list(culture.header)).to_dicts()
        assert [row | {"order_total": float(row["order_total"])} for row in found] == [expected(row) for row in rows]

    come_back()


def test_a_file_in_the_apis_own_words_means_the_same_with_its_draft(guess_file, tmp_path):
    path = tmp_path / "registrations.csv"
    path.write_bytes((Path(__file__).parents[2] / "sample_data" / "registrations.csv").read_bytes())
    guess = guess_file(path)
    plain = compile_mapping(None, guess.source.columns, import_schema(), source_name=guess.source.name)
    by_name = pl.concat([plain.convert(block.records).records for block in guess.source.blocks()])
    converted = guess.converted()
    assert converted.faults.is_empty()
    same = converted.records.with_columns(pl.col(name).cast(float) for name in NUMBERS)
    assert same.equals(by_name.select(same.columns).with_columns(pl.col(name).cast(float) for name in NUMBERS))
    dropped = [name for name in by_name.columns if name not in same.columns]
    assert by_name.select(dropped).null_count().row(0) == (by_name.height,) * len(dropped)
