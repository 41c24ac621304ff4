"""Import in one call, for notebooks and other programs."""

from __future__ import annotations

from datetime import UTC, datetime

from regbulk.api import Client
from regbulk.confirm import require_consent
from regbulk.inputs import Inputs
from regbulk.ledger import open_ledger
from regbulk.load import new_load_id
from regbulk.settings import Settings
from regbulk.steps import deliver, in_process, prepare_to_write
from regbulk.summary import Summary
from regbulk.work import Progress, begin, held, take_up


def silent(_step: str, _done: int, _total: int | None) -> None:
    """Progress that nobody watches."""


async def import_source(
    settings: Settings, inputs: Inputs, *, yes: bool = False, progress: Progress = silent
) -> Summary:
    """Begin, stage, plan and push a source: what `regbulk import` does.

    Args:
        settings: address, tenant, credentials, workspace.
        inputs: the source and how to write it.
        yes: allow writes to an address beyond this machine.
        progress: is told how far each step is.

    Raises:
        RegbulkError: the load could not be finished; `regbulk push LOAD` goes on with it.
    """
    now = datetime.now(UTC)
    with open_ledger(settings.workspace, settings.ledger) as ledger:
        load = begin(settings, ledger, inputs, load_id=new_load_id(now), now=now)
        with held(take_up(load, ledger, settings, progress)) as work:
            async with Client(work.settings, permit=work.permit) as client:
                steps = in_process(work, client)
                await prepare_to_write(work, steps)
                require_consent(work, yes=yes)
                return await deliver(work, steps)
