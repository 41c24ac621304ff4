"""waves: in which order the batches of a plan go, from the figures of the step `planned`.

The figures hold for each partition the last batch of each wave (numbers count from 1 within the partition).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl


def figures(parts: Sequence[Path]) -> dict[str, Any]:
    """How many batches each partition file of a plan has, and the last of each wave; wave 0 is always told."""
    ends = [_ends(path) for path in parts]
    return {"batches": [max(last for _, last in waves) for waves in ends], "waves": ends}


def _ends(part: Path) -> list[tuple[int, int]]:
    sent = pl.scan_parquet(part).filter(pl.col("batch").is_not_null())
    last = sent.group_by("wave").agg(pl.col("batch").max()).collect()
    return sorted(({0: 0} | dict(last.iter_rows())).items())


def order(planned: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Waves and indexes of partitions in the order in which they go: every partition of a wave before the next wave."""
    return sorted((wave, index) for index, ends in enumerate(planned["waves"]) for wave, _ in ends)


def batch_numbers(planned: Mapping[str, Any]) -> list[range]:
    """The load-wide batch numbers (from 1) of each partition."""
    numbers, first = [], 1
    for batches in planned["batches"]:
        numbers.append(range(first, first + batches))
        first += batches
    return numbers


def batches(planned: Mapping[str, Any], index: int, wave: int) -> range:
    """The numbers, within partition `index`, of the batches of a wave."""
    ends = planned["waves"][index]
    first = 1 + max((last for earlier, last in ends if earlier < wave), default=0)
    return range(first, 1 + dict(ends)[wave])
