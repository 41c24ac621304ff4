"""The columns of the samples and how a value is written into a cell of each.

A record is a mapping from field to value: str, bool, int, Decimal (money), aware datetime, list or dict; a field
without a value is not there. In CSV the badge is spread over dotted columns and every other nested value is JSON text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

Record = dict[str, Any]
Cells = dict[str, str]
"""The cells of one row by column; a column without a cell is empty."""

BADGE: Final = ("first_name", "full_name", "organization_name", "job_title", "location")
COLUMNS: Final = tuple(
    (
        "sys_external_id event_id contact_id first_name last_name name email_address city state country job_title date "
        "event_start_date event_end_date coupon_code_id modified_registration_id process_id organization_id status "
        "is_guest_registration is_transient_guest type_id package_id webinar_participant_id webinar_join_url "
        "last_modification_date order_id order_line_item_id order_number order_balance_due order_amount_paid "
        "order_currency_code order_currency_symbol order_status order_total group_id group_order deadline_id "
        "add_membership_package membership_information "
        + " ".join(f"badge.{leaf}" for leaf in BADGE)
        + " sessions courses registrant_acknowledges_scheduling_conflicts functions add_ons checkin_date "
        "departure_date cancellation_date guests parent_registration_id ribbon_ids internal_notes notes "
        "custom_field_values"
    ).split()
)
"""Every field a source may write, the key first, then in the API document's order."""


def cells(record: Record) -> Cells:
    """The cells of a record."""
    flat = {field: value for field, value in record.items() if field != "badge"}
    flat |= {f"badge.{leaf}": value for leaf, value in record.get("badge", {}).items()}
    return {column: text(value) for column, value in flat.items()}


def text(value: object) -> str:
    """One value as the text of a cell."""
    match value:
        case str():
            return value
        case datetime():
            return _date_time(value)
        case Decimal():
            return f"{value:.2f}"
        case _:
            return json_text(value)


def json_text(value: object) -> str:
    """A value as compact JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _date_time(moment: datetime) -> str:
    written = moment.isoformat()
    return written.removesuffix("+00:00") + "Z" if moment.tzinfo is UTC else written


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV (RFC 4180, lines end with a line feed)."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def table_text(rows: Iterable[Cells]) -> str:
    """Header and rows in `COLUMNS`."""
    return csv_text([COLUMNS, *([row.get(column, "") for column in COLUMNS] for row in rows)])
