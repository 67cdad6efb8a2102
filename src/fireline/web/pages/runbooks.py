"""The team's runbooks as Fireline reads them, and starting a procedure from there."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fireline.errors import NotFound, TargetUnavailable
from fireline.incident.people import Actor
from fireline.web.pages.incidents import Here
from fireline.web.pages.steps import prose
from fireline.web.render import page
from fireline.web.visitor import context_of, perform

router = APIRouter()


@router.get("/runbooks")
def show_list(request: Request, who: Here, search: str = "", incident: str = "") -> Response:
    """The files, and every procedure in them, to be started by itself or for an incident."""
    procedures = perform(request, who.actor, "runbook.procedures")
    words = search.casefold().split()
    found = [one for one in procedures if all(word in _said(one) for word in words)]
    books = perform(request, who.actor, "runbook.list")
    faults = Counter((one["file"], one["severity"]) for one in perform(request, who.actor, "runbook.lint")["findings"])
    around = {
        "faults": faults,
        "search": search,
        "incident": incident,
        "targets": sorted(context_of(request).world.targets),
    }
    return page(request, "runbooks.html", runbooks=books, procedures=found, **around)


def _said(procedure: dict[str, object]) -> str:
    return " ".join(str(procedure[key]) for key in ("title", "group", "symptoms", "steps")).casefold()


@router.get("/runbooks/{number}")
def show_runbook(request: Request, who: Here, number: int, target: str = "") -> Response:
    """One runbook: what in it would fail, its severities, and its procedures step by step."""
    world = context_of(request).world
    books = world.runbooks()
    if not 1 <= number <= len(books):
        raise NotFound(f"no runbook {number}", hint="The runbooks are listed at /runbooks.")
    book = books[number - 1]
    name = PurePosixPath(book.path).name
    lint = _linted(request, who.actor, book.path, target)
    around = {"lint": lint, "number_here": number, "targets": sorted(world.targets)}
    return page(request, "runbook.html", book=book, name=name, prose=prose, **around)


def _linted(request: Request, actor: Actor, path: str, target: str) -> dict[str, Any]:
    """What a lint says of one file, what it could not look into by reason, and whether the target answered."""
    away = ""
    try:
        told = perform(request, actor, "runbook.lint", target=target or None)
    except TargetUnavailable as gone:
        away, told = gone.message, perform(request, actor, "runbook.lint")
    findings = [one for one in told["findings"] if one["file"] == path]
    unknown = Counter(one["why"] for one in told["unknown"] if one["file"] == path)
    steps = {one["step"] for one in findings if one["step"]}
    return {"findings": findings, "unknown": unknown, "steps": steps, "target": "" if away else target, "away": away}
