"""One tree of exceptions.

RegbulkError                  anything regbulk stops on and can explain
├── SettingsError             a setting is missing, contradictory or malformed
├── SchemaError               a schema file cannot be compiled into rules
├── MappingError              a mapping file cannot be read or says something that cannot be done
├── SourceError               a source is broken as a whole (bad records are values, not exceptions)
├── LoadError                 a load cannot be found, was changed since, or is held by another process
│   ├── LeaseLost             another process took the load over; nothing more was sent by this one
│   └── LedgerError           the ledger cannot be opened, read or written; nothing more was sent
├── StopRule                  a rule stopped the load before or between writes; it can be resumed
│   └── AnotherPlan           the files of its plan were replaced; nothing more of it was sent
├── Interrupted               a push stopped as asked, with nothing in flight; it can be resumed
├── TargetError               what the API holds cannot be understood, so nothing can be planned on it
├── ExportError               an export cannot be completed or published
└── ApiError                  a request to the Registrations API did not succeed
    ├── NotSent               nothing left this process: safe to send again
    ├── Outage                the API could not be reached, or refused for its limit, for longer than is waited
    ├── InDoubt               sent, and no trustworthy answer came: read the target back before sending again
    └── Answered              the API answered with an error status
        ├── AccessDenied      401 or 403
        ├── NotFound          404
        └── RateLimited       429 (one that lasts becomes an Outage first)
"""

from __future__ import annotations

from collections.abc import Sequence


class RegbulkError(Exception):
    """Root of all errors that regbulk explains to its user; anything else that escapes is a bug."""

    exit_status = 1


class SettingsError(RegbulkError):
    """A setting is missing, contradictory or malformed; the message names it and its environment variable."""

    exit_status = 2


class SchemaError(RegbulkError):
    """A schema file cannot be read or uses a keyword that the rule compiler does not support."""


class MappingError(RegbulkError):
    """A mapping file is malformed or cannot be carried out; the message names file, line and key."""


class SourceError(RegbulkError):
    """A source is broken as a whole; carries every problem that was found, not only the first."""

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        """Name the source and list its problems, one sentence each."""
        self.name = name
        self.problems = tuple(problems)
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__(f"{name}: {count}, nothing was sent:{lines}")


class LoadError(RegbulkError):
    """A load cannot be found, was changed since it was staged, or is held by another process."""


class LeaseLost(LoadError):  # noqa: N818 - what happened to the load, not a mistake of this process
    """Another process took the load over while this one slept; the ledger takes nothing more from this one."""


class LedgerError(LoadError):
    """The ledger cannot be opened, read or written, so nothing more was sent; the message says what to do."""


class StopRule(RegbulkError):  # noqa: N818 - the design's word; stopping by a rule is not a failure
    """A rule stopped the load; the message says why and how to go on (exit status 4)."""

    exit_status = 4


class AnotherPlan(StopRule):
    """The plan of a load is not the one that was counted; nothing more of it was sent, and it cannot go on."""


class Interrupted(RegbulkError):  # noqa: N818 - stopping as asked is not a failure
    """A push stopped as asked; what was in flight is finished and known, the rest can be resumed."""

    exit_status = 130


class TargetError(RegbulkError):
    """What the API holds cannot be understood, so no plan can be made on it; nothing was written."""


class ExportError(RegbulkError):
    """An export cannot be completed; nothing was published under its final name."""


class ApiError(RegbulkError):
    """A request did not succeed; carries method, url and status (None when no answer came)."""

    def __init__(self, message: str, *, method: str, url: str, status: int | None = None) -> None:
        """Build the message from its facts: what happened, the request, the status, what to do."""
        self.method = method
        self.url = url
        self.status = status
        self.reason = message
        shown = f"{method} {url}" + (f" -> {status}" if status is not None else "")
        super().__init__(f"{shown}: {message}")


class NotSent(ApiError):  # noqa: N818 - one of the three ends of a request, not an error by itself
    """Nothing left this process (no connection, no name, no credentials): safe to send again."""


class Outage(ApiError):  # noqa: N818 - the state of the API, not a fault of the request
    """The API could not be reached, or refused for its limit, longer than REGBULK_OUTAGE_SECONDS; nothing was sent."""


class InDoubt(ApiError):  # noqa: N818 - one of the three ends of a request, not an error by itself
    """The request was sent and no trustworthy answer came: whether it took effect must be read back."""


class Answered(ApiError):  # noqa: N818 - one of the three ends of a request, not an error by itself
    """The API answered with an error status; the request had no effect."""


class AccessDenied(Answered):
    """401 or 403: wrong credentials, wrong tenant, or wrong address; stops the load."""


class NotFound(Answered):
    """404 on an operation that names one record."""


class RateLimited(Answered):
    """429: repeated until it is let through or becomes an Outage; once one was given up, REGBULK_ATTEMPTS times."""
