"""settle: operations in doubt → what became of them, by reading the target back.

With stamps the target itself says it: a patch carries load id and record number in the same atomic document, a create
in its body. Where a tenant keeps no stamps, the values that were sent must all be there.
"""

from regbulk.settle.doubt import Doubt, set_values, under_way
from regbulk.settle.lastlook import seen_once
from regbulk.settle.settling import settle
from regbulk.settle.together import together

__all__ = ["Doubt", "seen_once", "set_values", "settle", "together", "under_way"]
