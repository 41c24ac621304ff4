"""Other answers to what the API document leaves open, each under a name.

`strict` takes the document's marks of what a request must hold at their word, where they can be obeyed:
- A create needs event_id, name, contact_id, type_id, package_id, membership_information and cancellation_date, whatever
  its status. It need not have the marked id and sys_ fields: the same document refuses a given id, and what only the
  server knows stays refused too.
- A search needs event_id and name; an empty name will do, as nothing is said of its length.
- A value in a patch is text. It need not be there where RFC 6902 has none, and the document marks only op and path.
- An operation of a batch needs object and patch_directives, whatever its verb, and id unless it is a create; the
  document shows no operation, these marks are those of the batch of its registration groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Final

from regbulk.errors import SettingsError
from regbulk.sandbox.rules import BULK_FIELDS, EXTERNAL_ID, Record

DROP_STAMPS: Final = "drop-stamps"
DROP_EXTERNAL_ID: Final = "drop-external-id"
DROP_CONTACT_FIELDS: Final = "drop-contact-fields"
TRIMMED_TEXTS: Final = "trimmed-texts"
ODD_IDS: Final = "odd-ids"
UNIQUE_CONTACTS: Final = "unique-contacts"
LOCKED_CONFLICT: Final = "locked-conflict"
FULL_RECORDS: Final = "full-records"
TEXT_VALUES: Final = "text-values"
CREATED_201: Final = "created-201"
DELETE_204: Final = "delete-204"
DELETE_OBJECT: Final = "delete-object"
BATCH_CREATE: Final = "batch-create"
FULL_OPERATIONS: Final = "full-operations"
STRICT_BATCH: Final = "strict-batch"
RESULTS_WITHOUT_IDS: Final = "results-without-ids"
RESULTS_UNORDERED: Final = "results-unordered"
RESULTS_ERRORS_ONLY: Final = "results-errors-only"
RESULTS_BARE_RECORDS: Final = "results-bare-records"
SEARCH_NEEDS_NAME: Final = "search-needs-name"
OBJECT_CURSORS: Final = "object-cursors"
NULL_CURSORS: Final = "null-cursors"
BARE_LISTS: Final = "bare-lists"
EMPTY_LISTS: Final = "empty-lists"
NO_COUNT: Final = "no-count"
FIELDS_IGNORED: Final = "fields-ignored"
FLOAT_COUNTS: Final = "float-counts"
TEXT_STAMPS: Final = "text-stamps"
REWRITTEN_TIMES: Final = "rewritten-times"
NULL_FIELDS: Final = "null-fields"
LAGGING_READS: Final = "lagging-reads"
BEARER_ONLY: Final = "bearer-only"
BARE_AUTHORIZATION: Final = "bare-authorization"
DENIED_404: Final = "denied-404"
PLAIN_ERRORS: Final = "plain-errors"
STRICT: Final = "strict"

DIALECTS: Final[Mapping[str, str]] = {
    DROP_STAMPS: "a write that sets stamp fields succeeds, but they do not change",
    DROP_EXTERNAL_ID: "a write that sets sys_external_id succeeds, but it does not change",
    DROP_CONTACT_FIELDS: "a write that sets what a contact has (first and last name, email_address, city, state, "
    "country, job_title) succeeds, but they do not change",
    TRIMMED_TEXTS: "top-level texts are kept without spaces at their ends, email_address in small letters",
    ODD_IDS: "a new id holds every character that its pattern allows, the bar and the hyphen among them",
    UNIQUE_CONTACTS: "a second registration of a contact for an event is refused with 409",
    LOCKED_CONFLICT: "a write to a locked record is refused with 409 in place of 403",
    FULL_RECORDS: "a create needs membership_information and cancellation_date, whatever the status is",
    TEXT_VALUES: "a patch value must be text, JSON in a text where the field is not one itself; any other value is 400",
    CREATED_201: "a create is answered with 201",
    DELETE_204: "a delete is answered with 204 and no body",
    DELETE_OBJECT: 'a delete is answered with the object {"id": …}',
    BATCH_CREATE: "a batch takes create, with the registration under object; the operation's own id is ignored",
    FULL_OPERATIONS: "an operation of a batch without an object and an array patch_directives is 400",
    STRICT_BATCH: "one bad operation makes the whole batch 404 (no such registration) or 400, without saying which, "
    "and nothing is done",
    RESULTS_WITHOUT_IDS: "the results of a batch carry no ids; they have the order of the operations",
    RESULTS_UNORDERED: "the results of a batch come in another order than the operations",
    RESULTS_ERRORS_ONLY: "a batch lists only the operations that failed; its counts are those of all",
    RESULTS_BARE_RECORDS: "the result of an operation is the record it left (its id alone after a delete), or an "
    "object with message and status_code, without id, when it failed",
    SEARCH_NEEDS_NAME: "a search without a name (an empty text will do) is 400",
    OBJECT_CURSORS: "LastEvaluatedKey is an object, {} at the end; its JSON is the exclusiveStartKey",
    NULL_CURSORS: "LastEvaluatedKey is null at the end",
    BARE_LISTS: "the list of an event and contact is an array of all records, without pages",
    EMPTY_LISTS: "the list of an event and contact without any record is an empty page",
    NO_COUNT: "the list of an event and contact has no Count",
    FIELDS_IGNORED: "fields and fieldsToReturn are ignored: records come whole",
    FLOAT_COUNTS: "numbers come back as floats: 3.0 for 3",
    TEXT_STAMPS: "stamps come back as texts: '3' for 3",
    REWRITTEN_TIMES: "times come back in UTC with milliseconds and an offset: 2025-01-01T00:00:00.000+00:00",
    NULL_FIELDS: "a field without a value comes back as null",
    LAGGING_READS: "searches, lists and reads without consistentRead=true do not show the writes of the last 2 seconds",
    BEARER_ONLY: "a credential without the word Bearer is 401",
    BARE_AUTHORIZATION: "a credential behind the word Bearer is 401",
    DENIED_404: "a credential of another tenant is answered with 404 in place of 403",
    PLAIN_ERRORS: "a refusal is told in plain text",
    STRICT: "every mark of the document for a request holds: full-records, full-operations, text-values and "
    "search-needs-name together",
}
_IMPLIED: Final = {STRICT: frozenset({FULL_RECORDS, FULL_OPERATIONS, TEXT_VALUES, SEARCH_NEEDS_NAME})}
_CONTACT_FIELDS: Final = frozenset(
    {"first_name", "last_name", "email_address", "city", "state", "country", "job_title"}
)
_DROPPED: Final = {
    DROP_STAMPS: BULK_FIELDS,
    DROP_EXTERNAL_ID: frozenset({EXTERNAL_ID}),
    DROP_CONTACT_FIELDS: _CONTACT_FIELDS,
}


def known(names: Iterable[str]) -> frozenset[str]:
    """The names as they were given; SettingsError, with all that there are, when one of them is no dialect."""
    given = frozenset(names)
    if unknown := sorted(given - DIALECTS.keys()):
        raise SettingsError(f"sandbox: unknown dialect {', '.join(unknown)}; there are: {', '.join(DIALECTS)}")
    return given


@cache
def spoken(dialects: frozenset[str]) -> frozenset[str]:
    """The dialects named and those that they stand for."""
    return dialects.union(*(_IMPLIED.get(name, ()) for name in dialects))


def kept(record: Record, before: Record, dialects: AbstractSet[str]) -> Record:
    """`record` as it is stored in the place of `before`: dropped fields as they were, texts trimmed."""
    dropped = frozenset().union(*(fields for name, fields in _DROPPED.items() if name in dialects))
    stays = {name: before[name] for name in dropped if name in before}
    result = {name: value for name, value in record.items() if name not in dropped} | stays if dropped else record
    return _trimmed(result) if TRIMMED_TEXTS in dialects else result


def _trimmed(record: Record) -> Record:
    texts = {name: value.strip() for name, value in record.items() if isinstance(value, str)}
    if "email_address" in texts:
        texts["email_address"] = texts["email_address"].lower()
    return record | texts
