from __future__ import annotations

from regbulk.schema import Kind, import_schema, registration_schema


def test_kinds_are_those_of_the_document() -> None:
    field = registration_schema().field
    assert field("id").kind is Kind.STRING
    assert field("order_total").kind is Kind.NUMBER
    assert field("sys_locked").kind is Kind.BOOLEAN
    assert field("date").kind is Kind.DATETIME
    assert field("sys_bulk_load_at").kind is Kind.STRING
    assert field("badge").kind is Kind.OBJECT
    assert field("ribbon_ids").kind is Kind.ARRAY


def test_members_of_objects_are_columns_behind_their_object() -> None:
    columns = registration_schema().columns
    place = columns.index("badge")
    members = [f"badge.{name}" for name in ("first_name", "full_name", "organization_name", "job_title", "location")]
    assert list(columns[place + 1 : place + 6]) == members
    assert columns[columns.index("membership_information") + 1] == "membership_information.membership_package_id"
    assert len(columns) == 78 + 6


def test_a_member_has_the_writer_of_its_object() -> None:
    member = import_schema().field("badge.first_name")
    assert (member.name, member.kind, member.title, member.written_by) == (
        "badge.first_name",
        Kind.STRING,
        "First Name",
        "source",
    )


def test_the_nearest_column_is_found_whatever_its_case() -> None:
    nearest = import_schema().nearest
    assert nearest("Event_ID") == "event_id"
    assert nearest("contactid") == "contact_id"
    assert nearest("Badge.Firstname") == "badge.first_name"
    assert nearest("zzzz") is None


def test_writable_fields_are_those_a_source_may_write_in_document_order() -> None:
    schema = import_schema()
    assert schema.writable[:3] == ("event_id", "first_name", "last_name")
    assert schema.writable[-1] == "sys_external_id"
    assert "id" not in schema.writable
    assert "badge.first_name" not in schema.writable


def test_both_schemas_have_the_same_78_fields() -> None:
    assert import_schema().fields == registration_schema().fields
    assert len(import_schema().fields) == 78
