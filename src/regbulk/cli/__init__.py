"""The command line: parse, call, print, exit status.

0 all applied · 1 error · 2 wrong usage · 3 finished, but some records were rejected, failed, in conflict,
unknown or not started · 4 stopped by a stop rule, resumable · 130 interrupted, resumable.
"""

import os

# Arrow's own allocator keeps tens of megabytes that it no longer uses; it reads this before pyarrow is first imported.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

from regbulk.cli.app import main  # after the line above, on purpose

__all__ = ["main"]
