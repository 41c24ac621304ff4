"""regbulk: moves event registrations in and out of the Registrations API in bulk.

The names below are the library's public ones; each is imported from its room when it is first used, so that the command
line does not load what it does not need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from regbulk.api import Client
    from regbulk.errors import RegbulkError
    from regbulk.export import ExportQuery, ExportResult, check_export, export_registrations
    from regbulk.importing import import_source
    from regbulk.inputs import Inputs
    from regbulk.ledger import open_ledger
    from regbulk.model import Registration
    from regbulk.settings import Settings, load_settings
    from regbulk.source.options import SourceOptions
    from regbulk.steps import Steps, deliver, in_process, prepare
    from regbulk.summary import Summary
    from regbulk.validation import Validation, validate_source
    from regbulk.work import Work, begin, held, take_up

__all__ = [
    "Client",
    "ExportQuery",
    "ExportResult",
    "Inputs",
    "RegbulkError",
    "Registration",
    "Settings",
    "SourceOptions",
    "Steps",
    "Summary",
    "Validation",
    "Work",
    "begin",
    "check_export",
    "deliver",
    "export_registrations",
    "held",
    "import_source",
    "in_process",
    "load_settings",
    "open_ledger",
    "prepare",
    "take_up",
    "validate_source",
]

_ROOMS: Final = {
    "Client": "api",
    "ExportQuery": "export",
    "ExportResult": "export",
    "Inputs": "inputs",
    "RegbulkError": "errors",
    "Registration": "model",
    "Settings": "settings",
    "SourceOptions": "source.options",
    "Steps": "steps",
    "Summary": "summary",
    "Validation": "validation",
    "Work": "work",
    "begin": "work",
    "check_export": "export",
    "deliver": "steps",
    "export_registrations": "export",
    "held": "work",
    "import_source": "importing",
    "in_process": "steps",
    "load_settings": "settings",
    "open_ledger": "ledger",
    "prepare": "steps",
    "take_up": "work",
    "validate_source": "validation",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the room exports under that name
    if name not in _ROOMS:
        raise AttributeError(f"module 'regbulk' has no attribute {name!r}")
    return getattr(import_module(f"regbulk.{_ROOMS[name]}"), name)
