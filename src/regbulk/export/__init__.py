"""Registrations out of the API into a typed Parquet file with a manifest beside it."""

from regbulk.export.columns import arrow_schema, export_columns
from regbulk.export.filters import search_filters
from regbulk.export.manifest import Manifest, check_export, manifest_path
from regbulk.export.query import ExportQuery, ExportResult
from regbulk.export.run import export_registrations
from regbulk.source.contract import RAW

__all__ = [
    "RAW",
    "ExportQuery",
    "ExportResult",
    "Manifest",
    "arrow_schema",
    "check_export",
    "export_columns",
    "export_registrations",
    "manifest_path",
    "search_filters",
]
