"""The L cases of the fault matrix, and K24: the machine under the main job fails or is set up strangely."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat
import subprocess
import sys
import time

import pytest

ON_CAPABILITIES = 24
"""prctl's PR_CAPBSET_DROP."""


def run(job, *arguments, before=None, **environment):
    """The command line in a process of its own; `before` is done in it first."""
    command = [sys.executable, "-m", "regbulk", *map(str, arguments)]
    given = {**job.environment(), **environment}
    ran = subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False, preexec_fn=before)
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran


def like_anybody() -> None:
    """Obey the permissions of files, as root too."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(ON_CAPABILITIES, capability, 0, 0, 0)


def is_finished(job, rows: int) -> None:
    held = job.held()
    assert held.keys() == {f"c{n}" for n in range(rows)}
    assert {record["sys_version"] for record in held.values()} == {1}


def test_l02_a_disk_that_is_full_at_the_rejects_stops_before_anything_is_sent_and_goes_on_when_there_is_room(job):
    source = job.source(3_000, status=["lost"] * 2_990 + ["active"] * 10)

    def small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (250_000, 250_000))

    ran = run(job, "import", source, "--json", before=small_files)
    assert ran.returncode == 1, ran.stderr
    assert "rejects" in ran.stderr or "disk" in ran.stderr or "large" in ran.stderr, ran.stderr
    assert job.sandbox.registrations(job.tenant) == []
    (load_id,) = job.loads()
    again = run(job, "push", load_id, "--json")
    assert again.returncode == 3, again.stderr
    assert len(job.held()) == 10


def test_l03_a_workspace_that_may_not_be_written_is_said_in_a_line_and_nothing_is_sent(job):
    job.workspace.mkdir(mode=0o500)
    ran = run(job, "import", job.source(), before=like_anybody)
    assert ran.returncode in {1, 2}, ran.stderr
    assert str(job.workspace) in ran.stderr
    assert job.sandbox.registrations(job.tenant) == []


def test_l04_a_source_that_may_not_be_read_is_said_in_a_line_and_nothing_is_sent(job):
    source = job.source()
    source.chmod(0)
    ran = run(job, "import", source, before=like_anybody)
    assert ran.returncode in {1, 2}, ran.stderr
    assert "source.csv" in ran.stderr
    assert "ermission" in ran.stderr, ran.stderr
    assert job.sandbox.registrations(job.tenant) == []


@pytest.mark.parametrize("files", [24, 40, 200])
def test_l10_with_few_open_files_allowed_it_works_or_stops_and_goes_on(job, files):
    source = job.source(30)
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))  # noqa: E731 - one line is enough
    ran = run(job, "import", source, "--json", before=few, REGBULK_CONCURRENCY="32")
    if ran.returncode != 0:
        assert ran.returncode == 1, ran.stderr
        # Where it could not even begin, it is begun anew.
        again = run(job, *(("push", job.loads()[-1]) if job.loads() else ("import", source)), "--json")
        assert again.returncode == 0, again.stderr
    is_finished(job, 30)


def test_l11_a_clock_that_jumps_changes_neither_waits_nor_outcomes(job, monkeypatch):
    real, jumps = time.time, iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: real() + 7200 * (next(jumps) % 3 - 1))
    began = time.monotonic()
    ended = job.mixed("429=seconds@create:once-at=2", "429=missing@batch:once", "reset-after@create:once-at=3")
    assert time.monotonic() - began < 20
    job.all_done(ended)


def test_l13_l14_nothing_is_left_in_the_folder_for_temporary_files_and_all_is_the_owners_alone(job):
    shared = job.folder / "shared"
    shared.mkdir()
    source = job.source(7, status=["active"] * 6 + ["lost"])
    token_url = f"{job.sandbox.url}/oauth/token"
    oauth = {"REGBULK_CLIENT_ID": "l", "REGBULK_CLIENT_SECRET": "s", "REGBULK_TOKEN_URL": token_url}
    ran = run(job, "import", source, before=lambda: os.umask(0), TMPDIR=str(shared), REGBULK_API_KEY="", **oauth)
    assert ran.returncode == 3, ran.stderr
    assert list(shared.iterdir()) == []
    open_to_others = [
        path for path in [job.workspace, *job.workspace.rglob("*")] if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert open_to_others == []


@pytest.mark.parametrize("locale", ["C", "de_DE.UTF-8", "tr_TR.UTF-8"])
def test_l16_numbers_and_letters_do_not_depend_on_the_locale(job, locale):
    source = job.source(2, group_order=["1.5", "2"], notes="İI ıi", is_guest_registration="true")
    ran = run(job, "import", source, LC_ALL=locale, LANG=locale)
    assert ran.returncode == 0, ran.stderr
    held = [(record["group_order"], record["notes"], record["is_guest_registration"]) for record in job.held().values()]
    assert sorted(held) == [(1.5, "İI ıi", True), (2, "İI ıi", True)]


def test_k24_without_any_server_of_prefect_the_command_line_loads_all_the_same(job):
    ran = run(job, "import", job.source(), PREFECT_API_URL="http://127.0.0.1:1/api")
    assert ran.returncode == 0, ran.stderr
    is_finished(job, 6)
