"""Mapping files: columns of any source → fields of a registration, text → values.

`read_mapping` reads and checks a file, `compile_mapping` fits it to the header of a source, `Converter.convert` carries
it out block by block, `check_examples` runs the tests inside it. Without a mapping the columns are fields by their
names, and only what a spreadsheet damaged is recognised.
"""

from regbulk.mapping.compiled import compile_mapping
from regbulk.mapping.converter import Converted, Converter
from regbulk.mapping.examples import ExampleFailure, check_examples
from regbulk.mapping.links import ANCHOR, PENDING, TO, Reference
from regbulk.mapping.lookups import lookup_name
from regbulk.mapping.mapping import Mapping
from regbulk.mapping.reader import read_mapping
from regbulk.mapping.suspicion import DamageWatch, Verdict

__all__ = [
    "ANCHOR",
    "PENDING",
    "TO",
    "Converted",
    "Converter",
    "DamageWatch",
    "ExampleFailure",
    "Mapping",
    "Reference",
    "Verdict",
    "check_examples",
    "compile_mapping",
    "lookup_name",
    "read_mapping",
]
