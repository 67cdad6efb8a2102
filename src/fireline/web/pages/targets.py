"""Targets: how healthy each is, and of one everything its newest look saw."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fireline.web.curve import curve
from fireline.web.pages.incidents import Here, events
from fireline.web.pages.reading import branches
from fireline.web.render import page
from fireline.web.visitor import Visitor, perform

router = APIRouter()
SPANS = ((24, "24 hours"), (7 * 24, "7 days"), (30 * 24, "30 days"))
_TREE = "locks"


@router.get("/targets")
def show_list(request: Request, who: Here) -> Response:
    """All targets with their scores."""
    return page(request, "targets.html", targets=perform(request, who.actor, "target.list"))


@router.get("/targets/{name}")
def show_target(request: Request, who: Here, name: str, hours: int = 24) -> Response:
    """One target."""
    return page(request, "target.html", **_values(request, who, name, hours))


@router.get("/targets/{name}/parts/all")
def show_parts(request: Request, who: Here, name: str, hours: int = 24) -> Response:
    """What changes on the page of a target."""
    return page(request, "_target.html", **{**_values(request, who, name, hours), "back": f"/targets/{name}"})


@router.get("/targets/{name}/events")
async def follow(request: Request, who: Here, name: str) -> Response:
    """A stream that says when there is a new look."""
    del who
    return events(request, f"target {name}")


def _values(request: Request, who: Visitor, name: str, hours: int) -> dict[str, Any]:
    found = perform(request, who.actor, "target.show", target=name, hours=hours)
    report = (found["look"] or {}).get("report") or {}
    diagnosis = report.get("diagnosis") or {}
    views = [view for view in report.get("views") or [] if view["sections"] or view["facts"] or view["unknown"]]
    waiting = [row for view in views if view["check"] == _TREE for row in _lines(view)]
    return {
        "target": found,
        "look": found["look"],
        "away": report.get("away"),
        "hint": report.get("hint"),
        "score": _worst_first(diagnosis.get("score")),
        "causes": diagnosis.get("causes") or [],
        "unknown": diagnosis.get("unknown") or [],
        "version": diagnosis.get("server_version"),
        "views": [view for view in views if view["check"] != _TREE],
        "tree": branches(waiting),
        "curve": curve(found["history"], found["hours"], found["every_seconds"]),
        "spans": SPANS,
        "hours": found["hours"],
        "recovery": perform(request, who.actor, "target.recovery", target=name, brief=True),
    }


def _worst_first(score: dict[str, Any] | None) -> dict[str, Any] | None:
    """The score with its sides in the order of what they lack; what was not judged comes last."""
    if score is None:
        return None
    sides = sorted(score["dimensions"].items(), key=lambda side: (side[1]["score"] is None, side[1]["score"], side[0]))
    return {**score, "dimensions": dict(sides)}


def _lines(view: dict[str, Any]) -> list[dict[str, Any]]:
    """The view's rows as branches: who waits for whom."""
    first = view["sections"][0]["rows"] if view["sections"] else ()
    return [{**row, "text": row["session"].strip()} for row in first]
