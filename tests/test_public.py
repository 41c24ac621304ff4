from __future__ import annotations

import subprocess
import sys
import typing
from pathlib import Path

import pytest

import regbulk


def test_every_public_name_is_there_and_sorted() -> None:
    assert regbulk.__all__ == sorted(regbulk.__all__)
    assert all(getattr(regbulk, name) is not None for name in regbulk.__all__)
    assert set(regbulk._ROOMS) == set(regbulk.__all__)


def test_a_registration_has_the_78_fields_of_the_document() -> None:
    assert len(regbulk.Registration.model_fields) == 78


@pytest.mark.parametrize("arguments", [["--help"], ["import", "--help"], ["status", "--json"]])
def test_help_and_status_load_neither_prefect_nor_fastapi_nor_polars(tmp_path: Path, arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from regbulk.cli import main\n"
        f"sys.argv = {['regbulk', *arguments]!r}\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('prefect', 'fastapi', 'polars', 'pyarrow', 'httpx') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_every_public_name_has_a_docstring() -> None:
    for name in regbulk.__all__:
        thing = getattr(regbulk, name)
        assert typing.cast("object", thing).__doc__, name
