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
    from regbulk.export import ExportQuery, ExportResult, export_registrations
    from regbulk.model import Registration
    from regbulk.settings import Settings, load_settings
    from regbulk.steps import Inputs, Work, begin, finish, plan_load, push_load, stage_load
    from regbulk.validation import Validation, validate_source

__all__ = [
    "Client",
    "ExportQuery",
    "ExportResult",
    "Inputs",
    "RegbulkError",
    "Registration",
    "Settings",
    "Validation",
    "Work",
    "begin",
    "export_registrations",
    "finish",
    "load_settings",
    "plan_load",
    "push_load",
    "stage_load",
    "validate_source",
]

_ROOMS: Final = {
    "Client": "api",
    "ExportQuery": "export",
    "ExportResult": "export",
    "Inputs": "steps",
    "RegbulkError": "errors",
    "Registration": "model",
    "Settings": "settings",
    "Validation": "validation",
    "Work": "steps",
    "begin": "steps",
    "export_registrations": "export",
    "finish": "steps",
    "load_settings": "settings",
    "plan_load": "steps",
    "push_load": "steps",
    "stage_load": "steps",
    "validate_source": "validation",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the room exports under that name
    if name not in _ROOMS:
        raise AttributeError(f"module 'regbulk' has no attribute {name!r}")
    return getattr(import_module(f"regbulk.{_ROOMS[name]}"), name)
