"""push: planned batches → API → ledger.

The intent of a batch is durable before its first request leaves, the outcome of each record before the next step.
Sending has three ends (decision 8 of the design): not sent stops the load, answered is an outcome, in doubt is settled
by reading back.
"""

from regbulk.push.partition import push_partition
from regbulk.push.parts import Part
from regbulk.push.push import Push

__all__ = ["Part", "Push", "push_partition"]
