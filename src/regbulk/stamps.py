"""The stamps that tie a live registration to a line of a file (`sys_bulk_load_*`, API document).

`sys_bulk_load_at` is the start of the load (RFC 3339, UTC), the same after a resume; `sys_bulk_load_record_no` counts
data records from 1. On a patch the two `sys_last_bulk_data_operation_*` fields are written too.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from regbulk.load import Manifest
from regbulk.source.contract import RECORD_NO

STAMPS: Final = (
    "sys_bulk_load_pk",
    "sys_bulk_load_at",
    "sys_bulk_load_id",
    "sys_bulk_load_record_no",
    "sys_bulk_load_source_file",
)
OPERATION_ID: Final = "sys_last_bulk_data_operation_id"
OPERATION_VERSION: Final = "sys_last_bulk_data_operation_sys_version"


def stamp(values: pl.DataFrame, manifest: Manifest) -> pl.DataFrame:
    """Add the five stamps to records; needs `_record_no`."""
    return values.with_columns(
        sys_bulk_load_pk=pl.lit(f"{manifest.tenant}:{manifest.load_id}"),
        sys_bulk_load_at=pl.lit(f"{manifest.started_at:%Y-%m-%dT%H:%M:%SZ}"),
        sys_bulk_load_id=pl.lit(manifest.load_id),
        sys_bulk_load_record_no=pl.col(RECORD_NO).cast(pl.String),
        sys_bulk_load_source_file=pl.lit(manifest.source_name),
    )
