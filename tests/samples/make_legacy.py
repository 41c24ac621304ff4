"""Make the legacy sample anew, or a large file of the same kind; the same bytes each time.

python tests/samples/make_legacy.py [FOLDER]
python tests/samples/make_legacy.py --rows 300000 --dirt 0.01 FOLDER

A large file has one ragged row and the given share of other flawed rows; beside it lie its crosswalk, its mapping and
`legacy.expected.csv`, every error in it.
"""

from __future__ import annotations

import shutil
from argparse import ArgumentParser
from pathlib import Path
from typing import Final

from legacy_csv import write_export
from legacy_export import ROWS_PER_PAGE, SAMPLE, Export, a_share
from legacy_workbook import write_workbook

SAMPLE_DATA: Final = Path(__file__).parents[2] / "sample_data"
_MAPPING: Final = "legacy-mapping.yaml"
_MOST_ROWS: Final = 900_000
_MOST_DIRT: Final = 0.5


def make_legacy(folder: Path) -> None:
    """Write the sample into a folder that exists; its mappings are written by hand."""
    write_export(SAMPLE, folder)
    write_workbook(SAMPLE, folder)


def make_large(folder: Path, rows: int, dirt: float) -> None:
    """Write a large file, its crosswalk and its errors, and copy the mapping beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_export(Export(rows, a_share(round(rows * dirt))), folder)
    shutil.copy(SAMPLE_DATA / _MAPPING, folder)


def _main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=SAMPLE_DATA)
    parser.add_argument("--rows", type=int, help=f"a multiple of {ROWS_PER_PAGE}, up to {_MOST_ROWS:,}")
    parser.add_argument("--dirt", type=float, default=0.01, help=f"share of flawed rows, up to {_MOST_DIRT}")
    told = parser.parse_args()
    if told.rows is None:
        make_legacy(told.folder)
    elif told.rows % ROWS_PER_PAGE or not 0 < told.rows <= _MOST_ROWS or not 0 <= told.dirt <= _MOST_DIRT:
        parser.error(f"--rows {told.rows} --dirt {told.dirt}: out of range, see --help")
    elif told.folder == SAMPLE_DATA:
        parser.error("--rows: name a folder; sample_data holds the small sample")
    else:
        make_large(told.folder, told.rows, told.dirt)


if __name__ == "__main__":
    _main()
