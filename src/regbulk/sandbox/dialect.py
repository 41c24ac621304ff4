"""Other answers to what the API document leaves open, each under a name."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from regbulk.sandbox.rules import BULK_FIELDS, EXTERNAL_ID, Record

DROP_STAMPS: Final = "drop-stamps"
DROP_EXTERNAL_ID: Final = "drop-external-id"
BATCH_CREATE: Final = "batch-create"
SEARCH_NEEDS_NAME: Final = "search-needs-name"
TEXT_VALUES: Final = "text-values"

DIALECTS: Final[Mapping[str, str]] = {
    DROP_STAMPS: "a write that sets stamp fields succeeds, but they do not change",
    DROP_EXTERNAL_ID: "a write that sets sys_external_id succeeds, but it does not change",
    BATCH_CREATE: "a batch takes create, with the registration under object; the operation's own id is ignored",
    SEARCH_NEEDS_NAME: "a search without a name (an empty text will do) is 400",
    TEXT_VALUES: "a patch value must be text, JSON in a text where the field is not one itself; any other value is 400",
}


def dropped_fields(dialects: AbstractSet[str]) -> frozenset[str]:
    """The fields a write cannot change although it may name them."""
    stamps = BULK_FIELDS if DROP_STAMPS in dialects else frozenset()
    external_id = {EXTERNAL_ID} if DROP_EXTERNAL_ID in dialects else frozenset()
    return stamps | external_id


def kept(record: Record, before: Record, dropped: AbstractSet[str]) -> Record:
    """`record` with every dropped field as it was in `before`."""
    if not dropped:
        return record
    stays = {name: before[name] for name in dropped if name in before}
    return {name: value for name, value in record.items() if name not in dropped} | stays
