"""How much memory and time staging takes: stage_memory.py [ROWS]

Makes a CSV of ROWS records (default 1,000,000) out of the sample, one in a hundred of them with a bad status, stages it
in a fresh process, and prints the peak of resident memory over an idle process that has imported the same modules.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "sample_data" / "registrations.csv"
IDLE = (
    "import regbulk.cli, regbulk.steps, regbulk.api, polars; polars.DataFrame({'a': [1]}).lazy().select('a').collect()"
)
STAGE = """
import regbulk.cli  # sets the allocator, as every command does
import time
from datetime import UTC, datetime
from pathlib import Path
import regbulk.api
from regbulk.ledger import open_ledger
from regbulk.settings import load_settings
from regbulk.inputs import Inputs
from regbulk.steps import stage_load
from regbulk.work import Work, begin
workspace = Path({workspace!r})
settings = load_settings(dict(api_url="http://127.0.0.1:1", tenant="t", api_key="k", workspace=workspace))
started = time.perf_counter()
with open_ledger(workspace) as ledger:
    load = begin(settings, ledger, Inputs({source!r}), load_id="benchmark", now=datetime.now(UTC))
    stage_load(Work(load, ledger, settings, lambda *_: None))
    print(ledger.steps("benchmark")["staged"] | dict(columns=None))
print("seconds", round(time.perf_counter() - started, 1))
"""
REPORT = """
print("peak", next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def make(path: Path, rows: int) -> None:
    """Write ROWS records: the sample over and over with numbers of their own."""
    with SAMPLE.open(newline="", encoding="utf-8") as file:
        header, *records = csv.reader(file)
    status = header.index("status")
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerow(header)
        for start in range(0, rows, len(records)):
            buffer = io.StringIO()
            writer = csv.writer(buffer)
            for number, record in enumerate(records[: rows - start], start + 1):
                changed = [f"LEG-{number:09}", record[1], f"con-{number:09}", *record[3:]]
                changed[status] = "lost" if number % 100 == 0 else changed[status]
                writer.writerow(changed)
            out.write(buffer.getvalue())


def peak_mb(code: str) -> tuple[float, str]:
    """Peak resident memory of a fresh process that runs the code, and what it printed."""
    ran = subprocess.run([sys.executable, "-c", code + REPORT], capture_output=True, text=True, check=True)
    *said, peak = ran.stdout.splitlines()
    return int(peak.split()[1]) / 1024, "; ".join(said)


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.csv"
        started = time.perf_counter()
        make(source, rows)
        print(f"{rows:,} rows, {source.stat().st_size / 1e6:.0f} MB, made in {time.perf_counter() - started:.0f} s")
        idle, _ = peak_mb(IDLE)
        staged, said = peak_mb(STAGE.format(workspace=f"{folder}/workspace", source=str(source)))
        print(said)
        print(json.dumps({"idle_mb": round(idle), "staged_mb": round(staged), "over_idle_mb": round(staged - idle)}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
