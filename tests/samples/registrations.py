"""Invented registrations for four events, the same under the same number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final, NamedTuple

from columns import Record
from people import Person, person

CUSTOM: Final = "events-registrations__{}__c"
_NOTES: Final = (
    'Asked for a quiet room, "away from the lift", and a late breakfast.',
    "Vegetarian;\nno nuts, please",
    "Erste Reihe, bitte; kommt mit Rollstuhl",
    "Looking forward to it! 🎉🧑🏽‍🔬",
    "車椅子席を希望、\n通路側",
    "=SUM(A1:A3) was in this cell of the old system",
    "Paye sur place, « espèces »",
    "يرجى توفير ترجمة فورية",
)
_INTERNAL_NOTES: Final = (
    "Imported from the legacy system",
    'Invoice to "Accounts", not to the registrant',
    "VIP\tdesk 07",
)
_PAID: Final = (
    *("completed", "completed", "completed", "shipped", "partially shipped"),
    *("awaiting shipping", "awaiting pickup", "returned", "disputed"),
)
_UNPAID: Final = ("awaiting payment", "awaiting payment", "open", "cancelled", "void")


class Event(NamedTuple):
    """One event; contacts `first_contact` and the following ones are registered for it, each once."""

    id: str
    first_contact: int
    registrations: int
    start: datetime
    days: int


EVENTS: Final = (
    Event("evt-annual-2027", 1, 500, datetime(2027, 3, 14, 8, 0, tzinfo=UTC), 4),
    Event("evt-leadership-summit-2027", 401, 300, datetime(2027, 5, 20, 7, 30, tzinfo=UTC), 2),
    Event("evt-webinar-spring-2027", 651, 250, datetime(2027, 4, 8, 15, 0, tzinfo=UTC), 1),
    Event("evt-osaka-forum-2027", 101, 150, datetime(2027, 6, 3, 0, 0, tzinfo=UTC), 3),
)


class _Case(NamedTuple):
    """What the parts of a registration are made from."""

    number: int
    event: Event
    person: Person
    rng: Random


def registrations() -> list[Record]:
    """All registrations of the four events, mixed."""
    pairs = [(event, event.first_contact + place) for event in EVENTS for place in range(event.registrations)]
    Random("order of registrations").shuffle(pairs)
    return [registration(number, event, contact) for number, (event, contact) in enumerate(pairs, start=1)]


def registration(number: int, event: Event, contact: int) -> Record:
    """The registration with this legacy number, of this contact, for this event."""
    case = _Case(number, event, person(contact), Random(f"registration {number}"))
    registered = _registered(case)
    record: Record = {
        "sys_external_id": f"LEG-{number:06}",
        "event_id": event.id,
        "contact_id": f"con-{contact:06}",
        **_who(case),
        "date": registered,
        **_standing(case, registered),
    }
    if record["status"] != "draft":
        record |= _order(case) | _badge(case) | _choices(case) | _travel(case)
    return record | _guest(case) | _links(case) | _remarks(case)


def _registered(case: _Case) -> datetime:
    """A moment in the half year before the event, in UTC or local time, some finer than a second."""
    rng = case.rng
    moment = case.event.start - timedelta(minutes=rng.randrange(20_000, 260_000), seconds=rng.randrange(60))
    if rng.random() < 0.2:
        return moment.astimezone(case.person.zone)
    return moment + timedelta(microseconds=rng.choice((0, 0, 0, 0, 250_000, 123_456)))


def _who(case: _Case) -> Record:
    who = case.person
    record = {"first_name": who.given, "last_name": who.family, "name": who.full_name, "email_address": who.email}
    if who.given_first and case.rng.random() < 0.15:
        del record["name"]  # may be derived; family-first names would come out in the wrong order
    if case.rng.random() < 0.7:
        record |= {"city": who.city, "country": who.country} | ({"state": who.state} if who.state else {})
    if case.rng.random() < 0.5:
        record |= {"job_title": who.title, "organization_id": who.organization_id}
    return record


def _standing(case: _Case, registered: datetime) -> Record:
    rng = case.rng
    status = rng.choices(("active", "pending approval", "draft", "cancelled"), (74, 10, 6, 10))[0]
    record: Record = {
        "status": status,
        "type_id": f"typ-{rng.choice(('member', 'nonmember', 'student', 'speaker'))}",
        "package_id": f"pkg-{case.event.id.split('-')[1]}-{rng.choice(('full', 'day'))}",
    }
    if status == "cancelled":
        record["cancellation_date"] = registered + timedelta(days=rng.randrange(1, 13), minutes=rng.randrange(1440))
    if rng.random() < 0.3:
        record["last_modification_date"] = registered + timedelta(hours=rng.randrange(1, 24))
    if rng.random() < 0.5:
        record["event_start_date"] = case.event.start
        record["event_end_date"] = case.event.start + timedelta(days=case.event.days, hours=2)
    if rng.random() < 0.08:
        package = f"mpk-{rng.choice(('regular', 'student'))}-2027"
        record |= {"add_membership_package": True, "membership_information": {"membership_package_id": package}}
    elif rng.random() < 0.2:
        record["add_membership_package"] = False
    return record


def _order(case: _Case) -> Record:
    rng = case.rng
    if rng.random() < 0.45:
        return {}
    code, symbol = case.person.currency
    total = Decimal(rng.choice(("0.00", "95.00", "240.50", "390.10", "1250.00", "180000.00")))
    paid = rng.choice((total, total, total, total / 2, Decimal("0.00")))
    return {
        "order_id": f"ord-{case.number:05}",
        "order_line_item_id": f"{case.number % 97:04}",
        "order_number": 20_270_000 + case.number,
        "order_currency_code": code,
        "order_currency_symbol": symbol,
        "order_total": total,
        "order_amount_paid": paid,
        "order_balance_due": total - paid,
        "order_status": rng.choice(_PAID if paid == total else _UNPAID),
    }


def _badge(case: _Case) -> Record:
    who, rng = case.person, case.rng
    if rng.random() < 0.6:
        return {}
    badge = {"first_name": who.given, "full_name": who.full_name}
    if rng.random() < 0.6:
        badge |= {"organization_name": who.organization, "job_title": who.title}
    if rng.random() < 0.2:
        badge["location"] = f"0{rng.randint(1, 9)}, {who.city}"
    return {"badge": badge}


def _choices(case: _Case) -> Record:
    rng, event = case.rng, case.event.id.removeprefix("evt-")
    record: Record = {}
    if rng.random() < 0.35:
        seat = {"custom_field_id": "events-session-registrations__seat__c", "string_value": f"0{rng.randint(1, 9)}B"}
        sessions: list[Record] = [{"session_id": f"ses-{event}-{n:02}"} for n in rng.sample(range(1, 9), 2)]
        record["sessions"] = [sessions[0] | {"custom_field_values": [seat]}, sessions[1]]
    if rng.random() < 0.08:
        record["courses"] = [{"course_offering_id": f"crs-{rng.randint(1, 5):03}"}]
    if rng.random() < 0.1:
        record["functions"] = [{"function_id": f"fun-{event}-gala", "quantity": rng.randint(1, 3)}]
    if rng.random() < 0.15:
        record["add_ons"] = [{"add_on_product_id": "prd-proceedings", "quantity": rng.randint(1, 2)}]
    if rng.random() < 0.12:
        record["ribbon_ids"] = rng.sample(("rib-first-timer", "rib-speaker", "rib-board", "rib-sponsor"), 2)
    if rng.random() < 0.2:
        record["registrant_acknowledges_scheduling_conflicts"] = rng.random() < 0.5
    if rng.random() < 0.35:
        record["custom_field_values"] = _custom_field_values(case)
    return record


def _custom_field_values(case: _Case) -> list[Record]:
    rng = case.rng
    values: dict[str, Record] = {
        "diet": {"string_value": rng.choice(("vegan", "halal", "כשר", "精進料理", 'none, "really"'))},
        "member_years": {"numeric_value": rng.choice((0.5, 3, 12, 27.25))},
        "first_time": {"boolean_value": rng.random() < 0.5},
        "topics": {"list_value": rng.sample(("ethics", "éducation", "看護", "AI"), 2)},
        "visa_letter": {"file_url_value": f"https://files.example.org/visa/{case.number:06}.pdf"},
        "travel": {"table_value": [{"leg": "arrival", "code": f"EX{rng.randint(1, 99):03}"}]},
    }
    chosen = sorted(rng.sample(sorted(values), rng.choice((1, 1, 2, 3))))
    return [{"custom_field_id": CUSTOM.format(field), **values[field]} for field in chosen]


def _travel(case: _Case) -> Record:
    rng, event = case.rng, case.event
    if event.id.startswith("evt-webinar"):
        join_url = f"https://webinar.example.com/j/{case.number:08}?pwd=%C3%A9"
        return {"webinar_participant_id": f"{case.number:08}", "webinar_join_url": join_url}
    if rng.random() < 0.75:
        return {}
    arrival = (event.start - timedelta(hours=rng.randrange(2, 20))).astimezone(case.person.zone)
    return {"checkin_date": arrival, "departure_date": event.start + timedelta(days=event.days, hours=9)}


def _guest(case: _Case) -> Record:
    draw = case.rng.random()
    if draw < 0.05:
        return {"is_guest_registration": True, "is_transient_guest": draw < 0.02}
    if draw < 0.1:
        companion = person(100_000 + case.number)
        return {
            "is_guest_registration": False,
            "guests": [{"first_name": companion.given, "last_name": companion.family, "type_id": "typ-guest"}],
        }
    return {"is_guest_registration": False} if draw < 0.4 else {}


def _links(case: _Case) -> Record:
    rng = case.rng
    share_and_fields: list[tuple[float, Record]] = [
        (0.2, {"process_id": "prc-legacy-import"}),
        (0.06, {"coupon_code_id": f"cpn-00{rng.randint(1, 7)}"}),
        (0.02, {"modified_registration_id": f"reg|2026-{case.number:05}"}),
        (0.15, {"deadline_id": "ddl-early-bird"}),
        (0.1, {"group_id": f"00{rng.randint(1, 40)}", "group_order": rng.randint(0, 9)}),
    ]
    record: Record = {}
    for share, fields in share_and_fields:
        record |= fields if rng.random() < share else {}
    return record


def _remarks(case: _Case) -> Record:
    rng = case.rng
    record = {"notes": rng.choice(_NOTES)} if rng.random() < 0.2 else {}
    return record | ({"internal_notes": rng.choice(_INTERNAL_NOTES)} if rng.random() < 0.12 else {})
