"""Correct a rejects.csv of legacy.csv, as a person with the old member administration at hand would.

python tests/samples/correct_legacy.py REJECTS CORRECTED
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from legacy_cells import row_text
from legacy_export import SAMPLE

_OWN_CELLS: Final = re.compile(rb';[0-9A-Za-z-]*;(?P<record_no>[1-9][0-9]*);[0-9]*;"(?:[^"]|"")*"\r\n')
"""What regbulk put behind a record; the record itself may be cut into any cells, or none."""


def correct_legacy(content: bytes) -> bytes:
    """The same file with the right cells in every record; header and regbulk's own cells stay as they are."""
    good = [entry.good for page in SAMPLE.pages() for entry in page]
    header, rejected = content.split(b"\r\n", 1)
    rows = (
        row_text(good[int(own["record_no"]) - 1]).encode("cp1252") + own[0] for own in _OWN_CELLS.finditer(rejected)
    )
    return b"".join([header, b"\r\n", *rows])


if __name__ == "__main__":
    rejects, corrected = map(Path, sys.argv[1:])
    corrected.write_bytes(correct_legacy(rejects.read_bytes()))
