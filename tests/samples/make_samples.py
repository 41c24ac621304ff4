"""Make every file of sample_data anew but the mappings, which are written by hand; the same bytes each time.

python tests/samples/make_samples.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.parquet as pq
from changes import updated
from columns import cells, csv_text, table_text
from dirt import Expected, dirty_file
from make_legacy import make_legacy
from registrations import registrations
from typed import table

SAMPLE_DATA = Path(__file__).parents[2] / "sample_data"


def make_samples(folder: Path) -> None:
    """Write the samples into a folder that exists."""
    records = registrations()
    dirty, expected = dirty_file()
    texts = {
        "registrations.csv": table_text(map(cells, records)),
        "registrations-update.csv": table_text(updated(records)),
        "registrations-dirty.expected.csv": csv_text(
            [Expected._fields, *(list(map(str, error)) for error in expected)]
        ),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    (folder / "registrations-dirty.csv").write_bytes(dirty)
    pq.write_table(table(records), folder / "registrations.parquet", compression="zstd")
    make_legacy(folder)


if __name__ == "__main__":
    make_samples(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE_DATA)
