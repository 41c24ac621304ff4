from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from regbulk.mapping import check_examples, read_mapping
from regbulk.schema import import_schema
from regbulk.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPEN_QUESTIONS = (
    "auth_scheme",
    "batch_operation",
    "create_in_batch",
    "patch_values",
    "stamps",
    "search_name",
    "canary",
)


def blocks() -> list[list[str]]:
    """The lines of each shell block, comments at their ends removed."""
    found = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [[re.sub(r"\s{2,}#.*", "", line) for line in block.splitlines()] for block in found]


def lines(start: str) -> list[str]:
    return [line for block in blocks() for line in block if line.startswith(start)]


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert lines("make ") == ["make demo", "make test"]
    assert all(f"\n{line.removeprefix('make ')}:" in makefile for line in lines("make "))
    assert "make test" in (ROOT / ".ci" / "run").read_text()


def test_the_commands_of_the_readme_run_as_they_stand(sandbox, tmp_path) -> None:
    (serve,) = [line for line in lines("regbulk ") if "sandbox" in line]
    assert serve == "regbulk sandbox --port 8090"
    (block,) = [block for block in blocks() if block[0].startswith("export REGBULK_API_URL")]
    script = (
        "\n".join(block).replace("http://127.0.0.1:8090", sandbox.url).replace("sample_data/", f"{ROOT}/sample_data/")
    )
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for number, line in enumerate(block[1:], 2):
        so_far = "\n".join([*script.splitlines()[:1], script.splitlines()[number - 1]])
        ran = subprocess.run(
            ["bash", "-c", so_far],
            cwd=tmp_path,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        expected = 3 if "dirty" in line else 0
        assert ran.returncode == expected, f"{line}: {ran.stderr}"
    assert (tmp_path / "annual.parquet").is_file()
    assert sandbox.stats()["registrations"] == {"demo": 1200}


def test_the_python_of_the_readme_runs_as_it_stands(sandbox, tmp_path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    given = {"REGBULK_API_URL": sandbox.url, "REGBULK_TENANT": "demo", "REGBULK_API_KEY": "any"}
    command = [sys.executable, "-c", code.replace("sample_data/", f"{ROOT}/sample_data/")]
    ran = subprocess.run(command, cwd=tmp_path, env=os.environ | given, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert sandbox.stats()["registrations"] == {"demo": 1200}


def test_every_prefect_command_of_the_readme_is_one_the_schedule_test_runs() -> None:
    run = (ROOT / "tests" / "flows" / "test_schedule.py").read_text() + (
        ROOT / "tests" / "flows" / "conftest.py"
    ).read_text()
    for line in lines("prefect "):
        words = [word for word in line.split()[1:] if not word.startswith("--")]
        assert all(f'"{word}"' in run for word in words), line


LEGACY = README.partition("## A legacy file")[2].partition("\n## ")[0]
CORRECT = ROOT / "tests" / "samples" / "correct_legacy.py"


REHEARSAL = README.partition("### Rehearse")[2].partition("\n## ")[0]


def printed(command: str, sandbox, folder: Path, **more: str) -> list[str]:
    given = {"REGBULK_API_URL": sandbox.url, "REGBULK_TENANT": "demo", "REGBULK_API_KEY": "any"} | more
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ran = subprocess.run(
        ["bash", "-c", f"{command} 2>&1"],
        cwd=folder,
        env=os.environ | given | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout.splitlines()


def shown(line: str) -> re.Pattern[str]:
    """A line of a transcript, in which `…` stands for anything."""
    return re.compile(".*".join(map(re.escape, line.split("…"))))


def test_the_legacy_transcript_is_what_its_commands_print(sandbox, tmp_path) -> None:
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    commands = re.findall(r"^\$ (.*)\n((?:(?!\$|```).*\n)*)", LEGACY, re.MULTILINE)
    assert [command.split()[1] for command, _ in commands] == ["guess", "validate", "import", "import"]
    for command, transcript in commands:
        if "corrected.csv" in command:
            (rejects,) = tmp_path.glob(".regbulk/loads/*/rejects.csv")
            subprocess.run([sys.executable, CORRECT, rejects, tmp_path / "corrected.csv"], check=True)
        found = iter(printed(command, sandbox, tmp_path))
        for line in transcript.splitlines():
            assert any(shown(line).fullmatch(other) for other in found), f"{command}: not printed, or not there: {line}"


def test_the_rehearsal_is_what_its_command_prints(sandbox, tmp_path) -> None:
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    ((command, transcript),) = re.findall(r"^\$ (.*)\n((?:(?!```).*\n)*)", REHEARSAL, re.MULTILINE)
    found = printed(command, sandbox, tmp_path, REGBULK_SETTLE_SECONDS="0.5", TMPDIR=str(tmp_path))
    for line in transcript.splitlines():
        assert any(shown(line).fullmatch(other) for other in found), f"not printed: {line}"
    assert sandbox.stats()["requests"] == {}


def test_the_mapping_of_the_readme_can_be_used_as_it_stands(tmp_path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    shutil.copy(ROOT / "sample_data" / "legacy-crosswalk.csv", tmp_path)
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(text, encoding="utf-8")
    assert check_examples(read_mapping(mapping), import_schema()) == []


def row(name: str) -> str:
    field = Settings.model_fields[name]
    default = {None: "none", True: "true", False: "false"}.get(field.default, field.default)
    return f"| `REGBULK_{name.upper()}` | {field.description} | `{default}` |"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_stands_in_the_readme_with_its_default(name: str) -> None:
    assert row(name) in README.splitlines(), row(name)


@pytest.mark.parametrize("name", OPEN_QUESTIONS)
def test_every_open_question_names_its_setting(name: str) -> None:
    questions = README.partition("| open question")[2].partition("## ")[0]
    assert f"`REGBULK_{name.upper()}`" in questions


def test_the_transcript_is_what_the_demonstration_prints() -> None:
    transcript = README.partition("## What one sees")[2].partition("## ")[0]
    source = (ROOT / "src" / "regbulk" / "demo.py").read_text()
    for phrase in ("the counts agree", "batch requests and 1 for the canary", "every one with its reason"):
        assert phrase in transcript
        assert phrase in source
