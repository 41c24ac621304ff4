"""Parts of a plan, and the batches they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl
import pyarrow.parquet as pq

from regbulk.batch import Operation

_ROWS: Final = 2_000
_COLUMNS: Final = ("batch", "canary", "record_no", "action", "id", "document")


class Part(NamedTuple):
    """What of a plan is pushed together: one wave of one partition.

    Attributes:
        plan: the partition file.
        before: how many batches of the load come before those of the partition.
        batches: numbers of the batches to send, counted from 1 within the partition.
        waiting: links of the records that wait for the ids of earlier waves; None where there are none.
    """

    plan: Path
    before: int
    batches: range
    waiting: pl.DataFrame | None = None

    @property
    def numbers(self) -> range:
        """The load-wide numbers of the batches."""
        return range(self.before + self.batches.start, self.before + self.batches.stop)


class Batch(NamedTuple):
    """A numbered batch of a load (numbers count from 1 over the whole load)."""

    number: int
    operations: list[Operation]


def batches(part: Part, *, canary: bool) -> Iterator[Batch]:
    """The batches of a part in order, a few thousand rows in memory at a time."""
    number, operations = 0, list[Operation]()
    for batch, operation in _operations(part, canary=canary):
        if batch != number and operations:
            yield Batch(part.before + number, operations)
            operations = []
        number = batch
        operations.append(operation)
    if operations:
        yield Batch(part.before + number, operations)


def has_more(part: Part, batch: Batch) -> bool:
    """Whether batches of the same action come behind this one."""
    alike = pl.scan_parquet(part.plan).filter(pl.col("action") == batch.operations[0].action)
    return bool(alike.select((pl.col("batch") > batch.number - part.before).any()).collect().item())


def _operations(part: Part, *, canary: bool) -> Iterator[tuple[int, Operation]]:
    mine = pl.col("batch").is_between(part.batches.start, part.batches.stop, closed="left")
    with pq.ParquetFile(part.plan) as file:
        groups = _row_groups(file, part.batches)
        for rows in file.iter_batches(batch_size=_ROWS, row_groups=groups, columns=list(_COLUMNS)):
            frame = pl.from_arrow(rows)
            assert isinstance(frame, pl.DataFrame), "a record batch is a frame"
            for batch, *operation in frame.filter(mine, pl.col("canary") == canary).drop("canary").iter_rows():
                yield batch, Operation(*operation)


def _row_groups(file: pq.ParquetFile, numbers: range) -> list[int]:
    """The row groups that may hold these batches: a plan of many waves is not read whole for each of them."""
    column = file.schema_arrow.get_field_index("batch")
    groups = range(file.metadata.num_row_groups)
    known = [file.metadata.row_group(group).column(column).statistics for group in groups]
    return [
        group
        for group, found in zip(groups, known, strict=True)
        if not (found and found.has_min_max) or (found.min < numbers.stop and found.max >= numbers.start)
    ]
