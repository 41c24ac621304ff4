from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("REGBULK_", "PREFECT_"))}
    environment.pop("PYTHONPATH", None)
    ran = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=400
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return ran.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A fresh environment outside the checkout with the wheel and what a plain resolve gives, constraints aside."""
    folder = tmp_path_factory.mktemp("wheel")
    # A copy, because setuptools takes what an earlier build left in build/ into the wheel.
    checkout = shutil.copytree(ROOT, folder / "checkout", ignore=shutil.ignore_patterns(".*", "build", "*.egg-info"))
    run(
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        folder,
        checkout,
        cwd=folder,
    )
    (wheel,) = folder.glob("regbulk-*.whl")
    run(sys.executable, "-m", "venv", folder / "env", cwd=folder)
    run(folder / "env/bin/python", "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return folder


def test_a_plain_install_of_the_wheel_runs_the_demonstration_outside_the_checkout(installed: Path) -> None:
    out = run(installed / "env/bin/regbulk", "demo", "--workspace", installed / "demo", cwd=installed)
    assert "rows read 1,200, accepted 1,200, rejected 0" in out
    assert "created 1,200" in out
    assert "patched 300, unchanged 900" in out
    assert "300 patches in 3 batch requests" in out
    assert "the counts agree" in out


def test_the_wheel_holds_flows_schemas_and_samples(installed: Path) -> None:
    code = (
        "from importlib.resources import files; import regbulk.flows;"
        "print(*sorted(f.name for f in files('regbulk.schemas').iterdir() if f.name.endswith('.json')),"
        "*sorted(f.name for f in files('regbulk.sample_data').iterdir() if f.name.endswith('.csv')))"
    )
    listed = run(installed / "env/bin/python", "-c", code, cwd=installed).split()
    assert {"registration.schema.json", "registration-import.schema.json", "registrations.csv"} <= set(listed)
