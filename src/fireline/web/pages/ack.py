"""Acknowledging from a message, without logging in: GET only shows, since mail scanners open every link they see."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fireline.incident import ack_link, row
from fireline.web.render import page
from fireline.web.visitor import context_of

router = APIRouter()


@router.get("/ack/{token}")
def look(request: Request, token: str) -> Response:
    """The incident's title and a button, nothing else."""
    with context_of(request).store.transaction() as conn:
        found = ack_link.look(conn, token)
    return _shown(request, token, row.name(found["id"]), found["title"], found["acknowledged_by"])


@router.post("/ack/{token}")
def acknowledge(request: Request, token: str) -> Response:
    """Acknowledge as the contact that the link was made for; the unguessable link is the right to do so."""
    with context_of(request).store.transaction() as conn:
        ack_link.use(conn, token)
        found = ack_link.look(conn, token)
    return _shown(request, token, row.name(found["id"]), found["title"], found["acknowledged_by"])


def _shown(request: Request, token: str, incident: str, title: str, by: str | None) -> Response:
    return page(request, "ack.html", token=token, incident=incident, title=title, by=by, done=by is not None)
