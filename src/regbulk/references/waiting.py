"""waiting: records whose documents wait for the ids of their parents.

Such a document begins with the fields that refer (see `plan`), so the first member of that name in its text is the
record's own, whatever the source brought in nested cells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import orjson
import polars as pl

from regbulk.batch import Operation
from regbulk.ledger import Ledger, RecordOutcome
from regbulk.references.links import PLACEHOLDER

Parents = Sequence[tuple[str, int]]
"""Fields that hold a placeholder, and the records they wait for."""


def links_of(links: pl.DataFrame | None, plan: Path, batches: range) -> pl.DataFrame | None:
    """The links of the records of some batches (numbers within the partition file `plan`), in record order."""
    if links is None:
        return None
    mine = pl.col("batch").is_between(batches.start, batches.stop, closed="left")
    records = pl.scan_parquet(plan).filter(mine).select("record_no").collect()
    return links.join(records, on="record_no", how="semi").sort("record_no", maintain_order=True)


class Ready(NamedTuple):
    """Operations whose documents are complete, and an outcome for each of those that never will be."""

    operations: list[Operation]
    barred: list[RecordOutcome]


@dataclass(frozen=True)
class Waiting:
    """Who waits for whom in one wave of a load.

    Attributes:
        ledger: knows what became of the parents.
        load_id: the load of both.
        links: `record_no, field, parent_no` of the fields that hold a placeholder, in record order; None where no
            record waits.
    """

    ledger: Ledger
    load_id: str
    links: pl.DataFrame | None

    def complete(self, operations: Sequence[Operation]) -> Ready:
        """Put ids in place of placeholders; a record whose parent has no id is `not started`, with the reason."""
        if self.links is None:
            return Ready(list(operations), [])
        parents = self._parents([operation.record_no for operation in operations])
        numbers = {parent_no for links in parents.values() for _, parent_no in links}
        known = {outcome.record_no: outcome for outcome in self.ledger.outcomes_of(self.load_id, sorted(numbers))}
        ready = Ready([], [])
        for operation in operations:
            links = parents[operation.record_no]
            reasons = [_reason(no, known.get(no)) for _, no in links if not _has_id(known.get(no))]
            if reasons:
                ready.barred.append(RecordOutcome(operation.record_no, "not started", None, operation.id, reasons[0]))
            else:
                ready.operations.append(_filled(operation, links, known))
        return ready

    def _parents(self, records: Sequence[int]) -> Mapping[int, Parents]:
        assert self.links is not None, "asked for records that wait"
        found = defaultdict[int, list[tuple[str, int]]](list)
        # Only where these records stand, or a load would look at all its links once per batch.
        first = self.links["record_no"].search_sorted(min(records), "left")
        behind = self.links["record_no"].search_sorted(max(records), "right")
        near = self.links.slice(first, behind - first)
        for record_no, field, parent_no in near.filter(pl.col("record_no").is_in(records)).iter_rows():
            found[record_no].append((field, parent_no))
        return found


def _has_id(parent: RecordOutcome | None) -> bool:
    return parent is not None and parent.outcome in {"created", "patched"} and parent.id is not None


def _reason(parent_no: int, parent: RecordOutcome | None) -> str:
    """Why a parent has no id; of one that was not started itself its own row tells more."""
    if parent is None or parent.outcome == "not started":
        return f"its parent, record {parent_no}, was not started"
    verb = "failed" if parent.outcome == "failed" else f"is {parent.outcome}"
    return f"its parent, record {parent_no}, {verb}: {parent.message or 'no reason was given'}"


def _filled(operation: Operation, links: Parents, known: Mapping[int, RecordOutcome]) -> Operation:
    document = operation.document
    for field, parent_no in links:
        member = f'"{field}":' if operation.action == "create" else f'"path":"/{field}","value":'
        before = f'{member}"{PLACEHOLDER.format(parent_no)}"'
        assert before in document, "a waiting document holds its placeholders"
        document = document.replace(before, member + orjson.dumps(known[parent_no].id).decode(), 1)
    return operation._replace(document=document)
