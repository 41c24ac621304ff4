"""`regbulk guess`: a mapping drafted from the whole source, every decision with its ground, the rest as choices."""

from regbulk.guess.draft import Draft
from regbulk.guess.guess import Request, guess_mapping
from regbulk.guess.writer import written

__all__ = ["Draft", "Request", "guess_mapping", "written"]
