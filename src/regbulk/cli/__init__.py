"""The command line: parse, call, print, exit status.

0 all applied · 1 error · 2 wrong usage · 3 finished, but some records were rejected, failed, in conflict or unknown ·
4 stopped by a stop rule, resumable · 130 interrupted, resumable.
"""

from regbulk.cli.app import main

__all__ = ["main"]
