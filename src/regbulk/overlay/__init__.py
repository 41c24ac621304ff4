"""overlay: what other loads wrote a moment ago, laid over a snapshot that may show the target as it was before.

Searches and lists by key may trail writes (decision 11 of the design), and the loads of a tenant know what they wrote:
their ledgers say it. Only registrations that the snapshot does not show as the last of these loads left them are read
again, by id, with `consistentRead`. Creates that an interrupted load may have sent are looked for too.
"""

from regbulk.overlay.again import look_again
from regbulk.overlay.reading import Reading

__all__ = ["Reading", "look_again"]
