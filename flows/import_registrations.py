"""Import a source: stage, plan and push as named tasks, one task per partition."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Completed, Failed

from regbulk import planning, steps
from regbulk.api import Client
from regbulk.confirm import require_consent
from regbulk.errors import RegbulkError
from regbulk.flows.artifacts import progress_artifact, reject_table
from regbulk.flows.credentials import settings_for
from regbulk.inputs import Inputs
from regbulk.keys import named_key
from regbulk.ledger import open_ledger
from regbulk.load import new_load_id
from regbulk.summary import Summary
from regbulk.work import Work, begin, held, take_up


@dataclass(frozen=True)
class Session:
    """What the tasks of one run share."""

    work: Work
    client: Client


@flow(name="import-registrations", persist_result=False)
async def import_registrations(
    source: str,
    mode: Literal["create", "upsert"] | None = None,
    *,
    key: str | None = None,
    own_schema: str | None = None,
    mapping: str | None = None,
    max_rejects: str | None = None,
    api_url: str | None = None,
    tenant: str | None = None,
    workspace: str | None = None,
    api_key_block: str | None = None,
    strict: bool = False,
    yes: bool = False,
) -> State[Any]:
    """Import registrations from a CSV or Parquet source.

    Args:
        source: path, glob or URL of the source.
        mode: create new registrations only, or create and patch (upsert); upsert when empty.
        key: id, sys_external_id or event_id,contact_id; the first the source has when empty.
        own_schema: path of a JSON Schema with rules of your own.
        mapping: path of a mapping file: which column becomes which field, and how the source is written.
        max_rejects: stop before the first write at more rejects than this: a number, or a share such as 1%.
        api_url: address of the API; from REGBULK_API_URL when empty.
        tenant: tenant to write to; from REGBULK_TENANT when empty.
        workspace: folder of loads and ledger; from REGBULK_WORKSPACE when empty.
        api_key_block: name of a Prefect Secret block with the API key; from REGBULK_API_KEY when empty.
        strict: fail the run when any record was rejected, failed, in conflict, unknown or not started.
        yes: allow writes to an address beyond this machine.
    """
    parameters = {"api_url": api_url, "tenant": tenant, "workspace": workspace, "max_rejects": max_rejects}
    settings = await settings_for(parameters, api_key_block=api_key_block)
    schema, mapped = (Path(file) if file else None for file in (own_schema, mapping))
    inputs = Inputs(source, mode, named_key(key), schema, mapped)
    with open_ledger(settings.workspace, settings.ledger) as ledger:
        load = await asyncio.to_thread(
            begin, settings, ledger, inputs, load_id=_load_id_of_run(), now=datetime.now(UTC)
        )
        label = f"{load.manifest.source_name} to {load.manifest.tenant}"
        get_run_logger().info("load %s: %s on %s", load.id, label, load.manifest.api_url)
        for decision in load.manifest.decisions:
            get_run_logger().info("%s: %s", load.manifest.source_name, decision)
        async with progress_artifact("regbulk-import", label) as progress:
            with held(take_up(load, ledger, settings, progress)) as work:
                async with Client(work.settings, permit=work.permit) as client:
                    summary = await _run(Session(work, client), yes=yes)
        if summary.rejects:
            await reject_table("regbulk-rejects", load.rejects_parquet)
    return _state(summary, strict=strict)


async def _run(session: Session, *, yes: bool) -> Summary:
    tasks = steps.Steps(
        stage=partial(stage_source, session),
        read_target=partial(read_target, session),
        plan=partial(plan_partition, session),
        push=partial(_push, session),
    )
    await steps.prepare_to_write(session.work, tasks)
    require_consent(session.work, yes=yes)
    return await steps.deliver(session.work, tasks)


async def _push(session: Session, index: int, wave: int) -> None:
    name = f"push-{index}-wave-{wave}" if wave else f"push-{index}"
    await push_partition.with_options(task_run_name=name)(session, index, wave)


@task(name="stage", task_run_name="stage", cache_policy=NO_CACHE, persist_result=False)
async def stage_source(session: Session) -> None:
    """Check and stamp every record of the source."""
    await asyncio.to_thread(steps.stage_load, session.work)
    staged = session.work.done["staged"]
    get_run_logger().info("read %s records, rejected %s so far", staged["read"], staged["rejects"])


@task(name="read target", task_run_name="read target", cache_policy=NO_CACHE, persist_result=False)
async def read_target(session: Session) -> int:
    """Read what the API holds now; the number of partitions to plan."""
    return await planning.read_target_of(session.work, session.client)


@task(name="plan", task_run_name="plan-{index}", cache_policy=NO_CACHE, persist_result=False)
async def plan_partition(session: Session, index: int, count: int) -> None:
    """Plan one partition: what becomes of each of its records."""
    actions = await asyncio.to_thread(planning.plan_part, session.work, index, count)
    get_run_logger().info("partition %s of %s: %s", index + 1, count, actions)


@task(name="push", cache_policy=NO_CACHE, persist_result=False)
async def push_partition(session: Session, index: int, wave: int) -> None:
    """Push one wave of a partition in batches; retries are regbulk's own, so a repeated run sends nothing twice."""
    await steps.push_part(session.work, session.client, index, wave)
    get_run_logger().info("sent so far, by outcome: %s", session.work.ledger.totals(session.work.load.id))


def _load_id_of_run() -> str:
    """The load id that belongs to this flow run: the same after Retry in Prefect, so the same load goes on."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.created is None:
        raise RegbulkError("this flow run has no id of its own, so a retry could not find its load; run it as a flow")
    return new_load_id(context.flow_run.created, UUID(str(context.flow_run.id)))


def _state(summary: Summary, *, strict: bool) -> State[Any]:
    """All applied = Completed; otherwise a name that says what was not, or Failed where the run is strict."""
    imperfect = ("conflict", "failed", "unknown", "not started")
    counts = {"rejects": summary.rejects} | {name: summary.outcomes[name] for name in imperfect}
    wrong = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    message = f"load {summary.load_id}: {summary.outcomes}"
    if not wrong:
        return Completed(message=message, data=summary.load_id)
    if strict:
        return Failed(message=f"{message}; {wrong}")
    return Completed(name=f"Completed with {wrong}", message=message, data=summary.load_id)
