"""Probes and the jobs that show signs of life: how each is, and of one probe how it was."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fireline.web.curve import curve, levels_for
from fireline.web.pages.incidents import Here
from fireline.web.render import page
from fireline.web.visitor import perform

router = APIRouter()
SPANS = ((1, "1 hour"), (24, "24 hours"), (7 * 24, "7 days"))


@router.get("/probes")
def show_list(request: Request, who: Here) -> Response:
    """All probes and jobs."""
    probes, beats = (perform(request, who.actor, name) for name in ("probe.list", "beat.list"))
    return page(request, "probes.html", probes=probes, beats=beats)


@router.get("/probes/{name}")
def show_probe(request: Request, who: Here, name: str, hours: int = 24) -> Response:
    """One probe, with the share of its looks that were well, and how long they took."""
    found = perform(request, who.actor, "probe.show", probe=name, hours=hours)
    drawn = curve(shares(found["history"]), found["hours"], found["every_seconds"], "Looks that were well, in percent,")
    slowest = [{"at": one["at"], "score": one["slowest_ms"]} for one in found["history"]]
    levels = levels_for(max((one["score"] for one in slowest), default=0))
    took = curve(
        slowest, found["hours"], found["every_seconds"], "Slowest look in milliseconds", levels=levels, label=_span
    )
    return page(request, "probe.html", probe=found, curve=drawn, took=took, spans=SPANS, hours=found["hours"])


def _span(ms: int) -> str:
    return f"{ms / 1000:g} s" if ms >= 1000 else str(ms)  # noqa: PLR2004


def shares(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The looks of each slice of time as points of a curve: 100 is all well; what could not be seen counts neither way."""
    seen = [(one["at"], one["looks"] - one["unknown"], one["ailing"]) for one in history]
    return [{"at": at, "score": round(100 * (n - bad) / n) if n else None} for at, n, bad in seen]
