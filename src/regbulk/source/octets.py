"""Bytes as columns: where line ends, quotes and other signs stand."""

from __future__ import annotations

from typing import Final

import polars as pl
import pyarrow as pa

LINE_FEED: Final = 0x0A
CARRIAGE_RETURN: Final = 0x0D


def octets(data: bytes) -> pl.Series:
    """The bytes as unsigned numbers, not copied."""
    return pl.Series(pa.Array.from_buffers(pa.uint8(), len(data), [None, pa.py_buffer(data)]))


def positions(data: bytes, sign: bytes) -> pl.Series:
    """Where one byte stands (UInt32, from 0); nowhere, if the sign is empty."""
    if not sign or sign not in data:
        return pl.Series(dtype=pl.UInt32)
    return (octets(data) == sign[0]).arg_true()


def line_ends(data: bytes, *, final: bool) -> pl.Series:
    """Where the last byte of each line end stands (UInt32, from 0): LF, CR LF, or a CR alone.

    A CR that ends the data counts only if these are `final`: its line feed may be the first byte that follows.
    """
    feeds = positions(data, b"\n")
    if b"\r" not in data:
        return feeds
    returns = positions(data, b"\r")
    followed = octets(data).gather((returns + 1).clip(upper_bound=len(data) - 1)) == LINE_FEED
    alone = returns.filter(~followed)
    if not final:
        alone = alone.filter(alone != len(data) - 1)
    return pl.concat([feeds, alone]).sort() if len(alone) else feeds
