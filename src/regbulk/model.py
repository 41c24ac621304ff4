"""A registration as typed Python values: `Registration` as the API returns it, `ImportRow` as a source must give it.

The fields and their order are those of the API document (`schemas/registration.schema.json`, where `x-written-by` says
who writes a field). Times are aware datetimes in UTC. Numbers are int or float, as they came. Nothing is converted:
"1" is no number, 1 is no truth value.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_RFC_3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.([0-9]+))?(?:[Zz]|[+-][0-9]{2}:([0-9]{2}))"
)
_GREATEST_WHOLE: Final = 2**53 - 1
_MOST_DIGITS: Final = 17


def _utc(value: object) -> object:
    """A datetime in UTC from RFC 3339 text; datetimes pass."""
    if not isinstance(value, str):
        return value
    parts = _RFC_3339.fullmatch(value)
    if parts is None or (parts[1] or "")[6:].strip("0") or (parts[2] or "0") > "59":
        raise ValueError("expected a date and time with a zone (RFC 3339), in microseconds at most")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except OverflowError:
        raise ValueError("expected a year from 1 to 9999 in UTC") from None


def _exact(value: object) -> object:
    """A number that stays what it is as float64 (the range of RFC 7493); Decimal becomes float."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("expected a number")  # noqa: TRY004 - pydantic reports ValueError as a broken rule
    if not -_GREATEST_WHOLE <= value <= _GREATEST_WHOLE:
        raise ValueError(f"expected a number up to {_GREATEST_WHOLE}")
    if not isinstance(value, Decimal):
        return value
    digits = "".join(str(digit) for digit in value.as_tuple().digits).strip("0")
    if len(digits) > _MOST_DIGITS or (digits and not float(value)):
        raise ValueError(f"expected at most {_MOST_DIGITS} digits")
    return float(value)


Instant: TypeAlias = Annotated[AwareDatetime, BeforeValidator(_utc)]
Number: TypeAlias = Annotated[int | float, Field(allow_inf_nan=False)]
Amount: TypeAlias = Annotated[int | float, BeforeValidator(_exact)]
Reference: TypeAlias = Annotated[str, Field(min_length=1)]
OpenObject: TypeAlias = dict[str, Any]
Status: TypeAlias = Literal["draft", "pending approval", "active", "cancelled"]
OrderStatus: TypeAlias = Literal[
    "awaiting payment",
    "awaiting shipping",
    "awaiting pickup",
    "partially shipped",
    "shipped",
    "completed",
    "cancelled",
    "disputed",
    "open",
    "returned",
    "void",
]


class _Open(BaseModel):
    """Keeps members that the API document does not know."""

    model_config = ConfigDict(strict=True, extra="allow")


class MembershipInformation(_Open):
    """The membership package that comes with a registration."""

    membership_package_id: str | None = None


class Badge(_Open):
    """What is printed on the badge."""

    first_name: str | None = None
    full_name: str | None = None
    organization_name: str | None = None
    job_title: str | None = None
    location: str | None = None


class CustomFieldValue(_Open):
    """The value of one of the tenant's own fields, in the slot of its type."""

    custom_field_id: str | None = None
    string_value: str | None = None
    numeric_value: Number | None = None
    boolean_value: bool | None = None
    file_url_value: str | None = None
    list_value: list[str] | None = None
    table_value: list[OpenObject] | None = None


class Session(_Open):
    """A session that a registration takes part in."""

    session_id: str | None = None
    custom_field_values: list[CustomFieldValue] | None = None


class Course(_Open):
    """A course offering that comes with a registration."""

    course_offering_id: str | None = None
    custom_field_values: list[CustomFieldValue] | None = None


class AddOn(_Open):
    """A further product bought with a registration."""

    add_on_product_id: str | None = None
    quantity: Number | None = None


class Registration(_Open):
    """A registration as the API returns it.

    Only `id` is certain: drafts and selected fields leave out fields that the API document marks as required. Values
    that an enum of the document does not have are kept.
    """

    id: str
    event_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    email_address: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    job_title: str | None = None
    number: Number | None = None
    date: Instant | None = None
    event_start_date: Instant | None = None
    event_end_date: Instant | None = None
    coupon_code_id: str | None = None
    modified_registration_id: str | None = None
    process_id: str | None = None
    contact_id: str | None = None
    organization_id: str | None = None
    status: str | None = None
    is_guest_registration: bool | None = None
    is_transient_guest: bool | None = None
    type_id: str | None = None
    package_id: str | None = None
    webinar_participant_id: str | None = None
    webinar_join_url: str | None = None
    last_modification_date: Instant | None = None
    order_id: str | None = None
    order_line_item_id: str | None = None
    order_number: Number | None = None
    order_balance_due: Number | None = None
    order_amount_paid: Number | None = None
    order_currency_code: str | None = None
    order_currency_symbol: str | None = None
    order_status: str | None = None
    order_total: Number | None = None
    group_id: str | None = None
    group_order: Number | None = None
    deadline_id: str | None = None
    add_membership_package: bool | None = None
    membership_information: MembershipInformation | None = None
    badge: Badge | None = None
    sessions: list[Session] | None = None
    courses: list[Course] | None = None
    registrant_acknowledges_scheduling_conflicts: bool | None = None
    functions: list[OpenObject] | None = None
    add_ons: list[AddOn] | None = None
    checkin_date: Instant | None = None
    departure_date: Instant | None = None
    cancellation_date: Instant | None = None
    guests: list[OpenObject] | None = None
    parent_registration_id: str | None = None
    ribbon_ids: list[str] | None = None
    internal_notes: str | None = None
    notes: str | None = None
    custom_field_values: list[CustomFieldValue] | None = None
    sys_deleted_by_id: str | None = None
    sys_version: Number | None = None
    sys_created_at: Instant | None = None
    sys_last_modified_at: Instant | None = None
    sys_created_by_id: str | None = None
    sys_last_modified_by_id: str | None = None
    sys_external_id: str | None = None
    sys_locked: bool | None = None
    sys_bulk_load_pk: str | None = None
    sys_bulk_load_at: str | None = None
    sys_bulk_load_id: str | None = None
    sys_bulk_load_record_no: Number | None = None
    sys_bulk_load_source_file: str | None = None
    sys_last_bulk_data_operation_id: str | None = None
    sys_last_bulk_data_operation_sys_version: str | None = None
    sys_directive: str | None = None
    sys_calculated_field_error: str | None = None
    sys_snapshot_base_version: Number | None = None
    sys_has_files_in_s3: bool | None = None
    sys_configuration_snapshot_id: str | None = None
    sys_last_security_context: OpenObject | None = None
    sys_calculated_field_errors: list[OpenObject] | None = None


class _WithoutNull(_Open):
    """Refuses null for a known member: inside an object of a source it is no value."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_null(cls, members: object) -> object:
        if isinstance(members, dict) and any(name in members and members[name] is None for name in cls.model_fields):
            raise ValueError("expected values, found null")
        return members


class SourceMembershipInformation(_WithoutNull, MembershipInformation):
    """Membership information as a source must give it."""

    membership_package_id: Reference | None = None


class SourceBadge(_WithoutNull, Badge):
    """A badge as a source must give it."""


class SourceCustomFieldValue(_WithoutNull, CustomFieldValue):
    """The value of a custom field as a source must give it."""

    custom_field_id: Annotated[str, Field(pattern=r"^[a-z0-9:_-]{1,300}__c$")]


class SourceSession(_WithoutNull):
    """A session as a source must give it."""

    session_id: Reference
    custom_field_values: list[SourceCustomFieldValue] | None = None


class SourceCourse(_WithoutNull):
    """A course as a source must give it."""

    course_offering_id: Reference | None = None
    custom_field_values: list[SourceCustomFieldValue] | None = None


class SourceAddOn(_WithoutNull):
    """A further product as a source must give it."""

    add_on_product_id: Reference
    quantity: Annotated[Number, Field(ge=0)] | None = None


class ImportRow(BaseModel):
    """A row of a source that is to become a registration; the rules are those of `registration-import.schema.json`.

    None means absent. Fields that the API or regbulk keeps are ignored.
    """

    model_config = ConfigDict(strict=True, extra="ignore")

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_|-]+$")] | None = None
    event_id: Reference
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    email_address: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    job_title: str | None = None
    date: Instant | None = None
    event_start_date: Instant | None = None
    event_end_date: Instant | None = None
    coupon_code_id: Reference | None = None
    modified_registration_id: Reference | None = None
    process_id: Reference | None = None
    contact_id: Reference
    organization_id: Reference | None = None
    status: Status | None = None
    is_guest_registration: bool | None = None
    is_transient_guest: bool | None = None
    type_id: Reference
    package_id: Reference
    webinar_participant_id: Reference | None = None
    webinar_join_url: str | None = None
    last_modification_date: Instant | None = None
    order_id: Reference | None = None
    order_line_item_id: Reference | None = None
    order_number: Amount | None = None
    order_balance_due: Amount | None = None
    order_amount_paid: Amount | None = None
    order_currency_code: Annotated[str, Field(min_length=3, max_length=3)] | None = None
    order_currency_symbol: str | None = None
    order_status: OrderStatus | None = None
    order_total: Amount | None = None
    group_id: Reference | None = None
    group_order: Annotated[Amount, Field(ge=0)] | None = None
    deadline_id: Reference | None = None
    add_membership_package: bool | None = None
    membership_information: SourceMembershipInformation | None = None
    badge: SourceBadge | None = None
    sessions: list[SourceSession] | None = None
    courses: list[SourceCourse] | None = None
    registrant_acknowledges_scheduling_conflicts: bool | None = None
    functions: list[OpenObject] | None = None
    add_ons: list[SourceAddOn] | None = None
    checkin_date: Instant | None = None
    departure_date: Instant | None = None
    cancellation_date: Instant | None = None
    guests: list[OpenObject] | None = None
    parent_registration_id: Reference | None = None
    ribbon_ids: list[Reference] | None = None
    internal_notes: str | None = None
    notes: str | None = None
    custom_field_values: list[SourceCustomFieldValue] | None = None
    sys_external_id: Reference | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.name is None and (self.first_name is None or self.last_name is None):
            raise ValueError("expected name, or first_name and last_name")
        if self.status == "cancelled" and self.cancellation_date is None:
            raise ValueError("expected cancellation_date when status is cancelled")
        if self.add_membership_package and self.membership_information is None:
            raise ValueError("expected membership_information when add_membership_package is true")
        return self
