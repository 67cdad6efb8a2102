"""The team's runbooks as Fireline reads them, and starting a procedure from there."""

from __future__ import annotations

from pathlib import PurePosixPath

from fastapi import APIRouter, Request
from starlette.responses import Response

from fireline.errors import NotFound
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
    around = {"search": search, "incident": incident, "targets": sorted(context_of(request).world.targets)}
    return page(request, "runbooks.html", runbooks=books, procedures=found, **around)


def _said(procedure: dict[str, object]) -> str:
    return " ".join(str(procedure[key]) for key in ("title", "group", "symptoms", "steps")).casefold()


@router.get("/runbooks/{number}")
def show_runbook(request: Request, who: Here, number: int) -> Response:
    """One runbook: its severities, and its procedures step by step."""
    del who
    world = context_of(request).world
    books = world.runbooks()
    if not 1 <= number <= len(books):
        raise NotFound(f"no runbook {number}", hint="The runbooks are listed at /runbooks.")
    book = books[number - 1]
    name = PurePosixPath(book.path).name
    return page(request, "runbook.html", book=book, name=name, prose=prose, targets=sorted(world.targets))
