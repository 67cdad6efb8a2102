"""The post-mortem of an incident: read, edit, take away as Markdown."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fireline.web.pages.incidents import Here
from fireline.web.render import page
from fireline.web.visitor import Visitor, perform

router = APIRouter()


@router.get("/incidents/{number}/postmortem")
def show_postmortem(request: Request, who: Here, number: str) -> Response:
    """The post-mortem, drafted when nobody has asked for it before."""
    found = _found(request, who, number)
    return page(request, "postmortem.html", postmortem=found, number=found["incident"].removeprefix("INC-"))


@router.get("/incidents/{number}/postmortem.md")
def download(request: Request, who: Here, number: str) -> Response:
    """The same as a file."""
    found = _found(request, who, number)
    headers = {"Content-Disposition": f'attachment; filename="{found["incident"]}-post-mortem.md"'}
    return Response(found["markdown"], media_type="text/markdown; charset=utf-8", headers=headers)


def _found(request: Request, who: Visitor, number: str) -> dict[str, Any]:
    found = perform(request, who.actor, "incident.postmortem", incident=number)
    return {"incident": f"INC-{number}", **found}
