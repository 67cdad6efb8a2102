"""The contract of a probe: one way in which Fireline looks at something from outside. The shelf is `probes/`."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from fireline import shelf
from fireline.errors import FirelineError
from fireline.settings import ProbeSettings
from fireline.systems.condition import Condition, State

SHELF = "fireline.detect.probes"
TARGET = "target"  # is on no shelf: it is judged by the looks that are taken at a target in any case
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Result:
    """What one look saw, and how long it took. unknown: it could not be seen, which counts neither way."""

    state: State
    ms: int
    title: str
    detail: str = ""


@dataclass(frozen=True)
class Probe:
    """One file on the shelf. ask: asks once, within `timeout`; touches nothing of Fireline's own; may raise FirelineError."""

    kind: str
    summary: str
    ask: Callable[[ProbeSettings], Condition]


def look(settings: ProbeSettings) -> Result:
    """One look; whatever a probe itself does wrong is unknown, with the reason."""
    probe: Probe = shelf.read(SHELF, "probe")[settings.kind]
    began = time.monotonic()
    try:
        seen = probe.ask(settings)
    except FirelineError as none:
        seen = Condition("unknown", none.message)
    except Exception as broken:  # a fault of ours is no outage of theirs
        log.exception("a probe broke", kind=settings.kind)
        seen = Condition("unknown", f"it could not be looked at: {type(broken).__name__}")
    ms = seen.facts.get("ms")
    took = ms if isinstance(ms, int) else round((time.monotonic() - began) * 1000)
    return Result(seen.state, took, seen.title, seen.detail)
