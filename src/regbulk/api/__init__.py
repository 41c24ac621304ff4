"""The Registrations API: requests and answers as values, one client that sends them."""

from __future__ import annotations

from regbulk.api.answers import Page, Stray
from regbulk.api.client import Client
from regbulk.api.clock import Clock
from regbulk.api.results import OperationResult, Verdict
from regbulk.api.retry import Retry, backoff
from regbulk.api.trace import SpeedChange

__all__ = ["Client", "Clock", "OperationResult", "Page", "Retry", "SpeedChange", "Stray", "Verdict", "backoff"]
