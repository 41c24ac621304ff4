"""JSON Schema → fields of a registration → rules by column.

`canonical` text is the one text that stands for a value; the whole pipeline carries values as canonical text.
"""

from regbulk.schema.canonical import canonical
from regbulk.schema.fields import Field, Kind, Schema, nearest
from regbulk.schema.registration import import_schema, registration_schema
from regbulk.schema.rules import Checked, Rules, compile_rules

__all__ = [
    "Checked",
    "Field",
    "Kind",
    "Rules",
    "Schema",
    "canonical",
    "compile_rules",
    "import_schema",
    "nearest",
    "registration_schema",
]
