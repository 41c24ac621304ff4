"""All faults by name, and the presets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

from regbulk.sandbox.faults.bodies import BODIES
from regbulk.sandbox.faults.delays import DELAYS
from regbulk.sandbox.faults.inside import INSIDE
from regbulk.sandbox.faults.kinds import InnerFault, Kind
from regbulk.sandbox.faults.losses import LOSSES
from regbulk.sandbox.faults.pages import PAGE_FAULTS, WALK_FAULTS
from regbulk.sandbox.faults.rate_limit import LIMITS
from regbulk.sandbox.faults.refusals import REFUSALS
from regbulk.sandbox.faults.results import ITEM_FAULTS, RESULT_FAULTS
from regbulk.sandbox.faults.strikes import of_content

AnyKind: TypeAlias = Kind | InnerFault

KINDS: Final[Mapping[str, AnyKind]] = {
    **DELAYS,
    **LIMITS,
    **REFUSALS,
    **LOSSES,
    **BODIES,
    **INSIDE,
    **ITEM_FAULTS,
    **{name: of_content(fault) for name, fault in RESULT_FAULTS.items()},
    **WALK_FAULTS,
    **{name: of_content(fault) for name, fault in PAGE_FAULTS.items()},
}


class Preset(NamedTuple):
    """Several faults under one name."""

    about: str
    faults: tuple[str, ...]


PRESETS: Final[Mapping[str, Preset]] = {
    "storm": Preset(
        "A bad day with everything: 429 above 100 requests a second, 2 % of writes lose their answer, "
        "1 % of connections are killed, some 500, 502 and 503 before and after the write, jitter.",
        (
            "latency=0..0.02",
            "rate-limit=100/20",
            "reset-before:p=0.005",
            "status-before=500:p=0.005",
            "status-before=503/seconds:p=0.003",
            "reset-after@write:p=0.02",
            "reset-in-body:p=0.005",
            "status-after=502@write:p=0.005",
            "status-after=500@write:p=0.003",
        ),
    ),
    "lossy": Preset(
        "Everything is done, and every tenth answer to a write is lost on its way, each time in another manner.",
        (
            "reset-after@write:p=0.03",
            "reset-in-headers@write:p=0.01",
            "reset-in-body@write:p=0.01",
            "truncated@write:p=0.01",
            "long-length@write:p=0.01",
            "endless-chunks@write:p=0.01",
            "empty@write:p=0.01",
            "status-after=504@write:p=0.02",
        ),
    ),
    "limits": Preset(
        "A narrow limit: 429 above 40 requests a second, Retry-After in each odd form once; 413 above 48 KB.",
        (
            "rate-limit=40/10",
            "429=date:once-at=50",
            "429=missing:once-at=100",
            "429=zero:once-at=150",
            "429=negative:once-at=200",
            "too-large=48000",
        ),
    ),
    "liar": Preset(
        "Every fourth batch is answered with results that do not fit what was sent, and records fail one by one.",
        (
            *(f"{name}:p=0.025" for name in RESULT_FAULTS),
            "item-status=429:p=0.05",
            "item-status=500:p=0.05",
            "item-status-after=500:p=0.05",
        ),
    ),
    "lagging": Preset("Searches, lists and plain reads do not show the writes of the last 2 seconds.", ("lag=2",)),
    "gateway": Preset(
        "A proxy stands in front: its own HTML for 502, 503 and 504 before, after and halfway.",
        (
            "status-before=502:p=0.02",
            "status-before=503/seconds:p=0.02",
            "status-after=504@write:p=0.02",
            "status-after=502@write:p=0.02",
            "status-half=504:p=0.02",
        ),
    ),
    "expiring": Preset(
        "The credential ends after every 50th request, and every third request for a new token fails.",
        ("token-expires:every=50", "status-before=503@token:every=3"),
    ),
    "slow": Preset(
        "An overloaded API: answers take up to a second, and some come byte by byte.",
        ("latency=0.1..1", "drip=2000:p=0.02"),
    ),
    "pages": Preset(
        "Searches and lists walk badly: empty, overlapping and overlong pages, records twice, cursors behind the last "
        "page.",
        (
            "page-empty:p=0.1",
            "page-long:p=0.1",
            "page-overlap:p=0.1",
            "page-record-twice:p=0.1",
            "page-cursor-after-last:p=0.5",
        ),
    ),
}


def listing() -> str:
    """All faults and presets, one a line, for a person who looks for one."""
    faults = [f"  {_written(name, kind)}\n      {kind.about} [@{kind.scope}]" for name, kind in KINDS.items()]
    presets = [f"  {name}\n      {preset.about}" for name, preset in PRESETS.items()]
    return "\n".join(["Faults (NAME[=VALUE][@SCOPE][:WHEN]):", *faults, "Presets:", *presets])


def _written(name: str, kind: AnyKind) -> str:
    value = kind.value
    return f"{name}[={value[1:-1]}]" if value.startswith("[") else f"{name}={value}" if value else name
