"""Runs by themselves: those without an incident, and any by its number."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fireline.web.pages.incidents import Here, events
from fireline.web.pages.steps import ready
from fireline.web.render import page
from fireline.web.visitor import Visitor, context_of, perform

router = APIRouter()


@router.get("/runs")
def show_list(request: Request, who: Here) -> Response:
    """Runs, the newest first."""
    world = context_of(request).world
    values = {
        "runs": perform(request, who.actor, "run.list", limit=100),
        "remedies": perform(request, who.actor, "remedy.list"),
        "targets": sorted(world.targets),
    }
    return page(request, "runs.html", **values)


@router.get("/runs/{number}")
def show_run(request: Request, who: Here, number: int) -> Response:
    """One run with its steps and what was changed by it."""
    return page(request, "run.html", **_values(request, who, number))


@router.get("/runs/{number}/parts/all")
def show_parts(request: Request, who: Here, number: int) -> Response:
    """What changes on the page of a run."""
    return page(request, "_run.html", **{**_values(request, who, number), "back": f"/runs/{number}"})


def _values(request: Request, who: Visitor, number: int) -> dict[str, Any]:
    run = ready(perform(request, who.actor, "run.show", run=number))
    changes = perform(request, who.actor, "run.changes", incident=run["incident"])
    return {"run": run, "changes": [one for one in changes if one["run"] == number]}


@router.get("/runs/{number}/events")
def follow(request: Request, who: Here, number: int) -> Response:
    """A stream that says when to look again; a run of an incident is told of under the incident."""
    run = perform(request, who.actor, "run.show", run=number)
    return events(request, str(run["incident"]).removeprefix("INC-") if run["incident"] else str(number))
