"""lineage: who descends from whom among records that name a parent, by record numbers.

Record by record and not by joins, one for each generation: where every record names the one before it, a source has as
many generations as records. Only records that are children and parents at once are walked over, and these are few.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final, NamedTuple

import polars as pl

_DEPTHS: Final = {"parent_no": pl.Int64(), "depth": pl.Int64()}
_CIRCLES: Final = {"record_no": pl.Int64(), "parent_no": pl.Int64(), "circle": pl.String()}
_SHOWN: Final = 5


class Generations(NamedTuple):
    """How deep records lie.

    `depths` has `parent_no, depth` of the parents that have parents themselves: one more than the deepest of these,
    where a record without a parent has depth 0. `circles` has `record_no, parent_no, circle` of links by which records
    are their own ancestors (the records as text); neither these records nor their descendants have a depth.
    """

    depths: pl.DataFrame
    circles: pl.DataFrame


def generations(links: pl.DataFrame) -> Generations:
    """How deep the parents of these links (`record_no, parent_no`; null = no parent) lie."""
    inner = _inner(links)
    children, waiting = _children(inner), Counter(inner["record_no"])
    depths: dict[int, int] = {}
    ready = [parent for parent in children if parent not in waiting]
    while ready:
        record = ready.pop()
        for child in children.get(record, ()):
            depths[child] = max(depths.get(child, 0), depths.get(record, 0) + 1)
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    stuck = {record for record, parents in waiting.items() if parents}
    known = [(record, depth) for record, depth in depths.items() if record not in stuck]
    return Generations(pl.DataFrame(known, schema=_DEPTHS, orient="row"), _circles(inner, stuck))


def fallen(links: pl.DataFrame, roots: pl.Series) -> pl.DataFrame:
    """The links (`record_no, parent_no` among their columns) whose parent is one of `roots` or descends from one."""
    parents = links["parent_no"].drop_nulls().unique()
    queue = parents.filter(parents.is_in(roots.implode())).to_list()
    if not queue:
        return links.clear()
    children, lost = _children(_inner(links)), set(queue)
    while queue:
        new = [child for child in children.get(queue.pop(), ()) if child not in lost]
        lost.update(new)
        queue += new
    return links.filter(pl.col("parent_no").is_in(list(lost)))


def _inner(links: pl.DataFrame) -> pl.DataFrame:
    """The links of records that are parents too."""
    known = links.filter(pl.col("parent_no").is_not_null()).select("record_no", "parent_no")
    return known.join(known, left_on="record_no", right_on="parent_no", how="semi", maintain_order="left")


def _children(links: pl.DataFrame) -> dict[int, list[int]]:
    children: dict[int, list[int]] = defaultdict(list)
    for child, parent in links.iter_rows():
        children[parent].append(child)
    return children


def _circles(links: pl.DataFrame, stuck: set[int]) -> pl.DataFrame:
    """The circles that the first such parents of records without a depth close; all others descend from these."""
    onward: dict[int, int] = {}
    for record, parent in links.iter_rows() if stuck else ():
        if record in stuck and parent in stuck:
            onward.setdefault(record, parent)
    found = [(record, onward[record], text) for circle, text in _closed(onward) for record in circle]
    return pl.DataFrame(found, schema=_CIRCLES, orient="row")


def _closed(onward: dict[int, int]) -> Iterator[tuple[list[int], str]]:
    """The circles among steps that lead from record to record, and how each reads."""
    walked: dict[int, int] = {}
    for start in onward:
        record = start
        while record not in walked:
            walked[record] = start
            record = onward[record]
        if walked[record] == start:
            circle = [record]
            while (record := onward[record]) != circle[0]:
                circle.append(record)
            yield circle, _shown(circle)


def _shown(circle: list[int]) -> str:
    """The records of a circle from its first one on, as `3 -> 7 -> 3`; of a long one only the first few."""
    first = circle.index(min(circle))
    ordered = [*circle[first:], *circle[:first]]
    few = [*ordered[:_SHOWN], *(["..."] if len(circle) > _SHOWN else []), ordered[0]]
    return " -> ".join(map(str, few))
