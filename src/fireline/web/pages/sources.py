"""Who may send here: each source with its URL, how its sender is set up, what came and was refused, and a test."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fireline.errors import FirelineError
from fireline.web.pages.incidents import Here
from fireline.web.render import page
from fireline.web.visitor import perform

router = APIRouter()


@router.get("/sources")
def show_list(request: Request, who: Here, tested: str = "") -> Response:
    """The sources of the settings; `tested` is a test whose outcome is shown."""
    found = perform(request, who.actor, "source.list")
    return page(request, "sources.html", sources=found, outcome=_outcome(request, who, tested), tested=tested)


def _outcome(request: Request, who: Here, tested: str) -> dict[str, Any] | None:
    if not tested:
        return None
    try:
        found: dict[str, Any] = perform(request, who.actor, "source.tested", test=tested)
    except FirelineError:
        return None
    return found
