"""Rehearsals: a source of one's own is imported into a sandbox on a bad day, and what is there then is compared."""

from regbulk.rehearsal.day import Day
from regbulk.rehearsal.rehearse import Rehearsal, Rehearsed, rehearse
from regbulk.rehearsal.verdict import Verdict, verdict_on

__all__ = ["Day", "Rehearsal", "Rehearsed", "Verdict", "rehearse", "verdict_on"]
