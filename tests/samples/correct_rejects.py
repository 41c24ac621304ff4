"""Correct a rejects.csv of registrations-dirty.csv, as a person with the right values at hand would.

python tests/samples/correct_rejects.py REJECTS CORRECTED
"""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

from columns import csv_text
from dirt import good_records


def correct_rejects(text: str) -> str:
    """The same CSV with the right cells in every record; header, record numbers and line numbers stay as they are.

    Args:
        text: a rejects.csv, its last three columns `_record_no`, `_line_no` and `_errors`.
    """
    header, *rejected = csv.reader(io.StringIO(text, newline=""))
    good = good_records()
    corrected = [header]
    for row in rejected:
        right = good[int(row[-3]) - 1]
        corrected.append([right.get(column, "") for column in header[:-3]] + row[-3:])
    return csv_text(corrected)


if __name__ == "__main__":
    rejects, corrected = map(Path, sys.argv[1:])
    # Records that could not be decoded may still hold their raw bytes; they are replaced as a whole.
    corrected.write_text(
        correct_rejects(rejects.read_text(encoding="utf-8", errors="replace")), encoding="utf-8", newline=""
    )
