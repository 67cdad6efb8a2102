"""The list of incidents, the forms that begin one, and the incident page with its live part."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from fireline.app.operations import OPERATIONS
from fireline.errors import Denied
from fireline.web.pages.reading import Asked, whole
from fireline.web.render import page
from fireline.web.visitor import Visitor, context_of, perform, visitor

router = APIRouter()
Here = Annotated[Visitor, Depends(visitor)]
_MOST = 1000
_ENDED = ("resolved", "reviewed", "dismissed")


@router.get("/")
def start() -> Response:
    """The incidents are what one comes for."""
    return RedirectResponse("/incidents", 307)


@router.get("/incidents")
def show_list(request: Request, who: Here, status: str = "open", search: str = "", limit: int = 50) -> Response:
    """Incidents: the open ones first, the worst of them on top."""
    limit = min(max(limit, 1), _MOST)
    asked = _MOST if search else limit + 1
    found = perform(request, who.actor, "incident.list", status=status, limit=asked)
    if search:
        found = [one for one in found if matches(one, search)]
    shown = sorted(found[:limit], key=_worst_first)
    around = {"status": status, "search": search, "limit": limit, "more": len(found) > limit}
    return page(request, "incidents.html", incidents=shown, **around)


def matches(incident: dict[str, Any], search: str) -> bool:
    """Whether every word searched for stands in the incident's title, target, number or commander."""
    said = " ".join(str(incident.get(key) or "") for key in ("id", "title", "target", "commander", "status")).casefold()
    return all(word in said for word in search.casefold().split())


def _worst_first(incident: dict[str, Any]) -> tuple[bool, int, int]:
    return incident["status"] in _ENDED, incident["severity"]["rank"], -incident["number"]


def may(who: Visitor, operation: str) -> None:
    """Denied when the form of this operation would be of no use to the visitor."""
    role = OPERATIONS[operation].role
    if not who.actor.may(role):
        hint = "An admin can change your role on the People page."
        raise Denied(f"this needs the role {role}, and yours is {who.actor.role}", hint=hint)


@router.get("/declare")
def show_declare(request: Request, who: Here) -> Response:
    """The form that opens an incident."""
    may(who, "incident.declare")
    world = context_of(request).world
    return page(request, "declare.html", severities=world.severities(), targets=sorted(world.targets))


@router.get("/report")
def show_report(request: Request, who: Here, sent: str = "") -> Response:
    """The form by which anybody who is logged in says that something is wrong."""
    may(who, "report.send")
    world = context_of(request).world
    return page(request, "report.html", severities=world.severities(), targets=sorted(world.targets), sent=sent)


@router.get("/incidents/{number}")
def show_incident(request: Request, who: Here, number: str) -> Response:
    """The incident page."""
    return page(request, "incident.html", **_asked(request, who, number).values)


@router.get("/incidents/{number}/parts/all")
def show_parts(request: Request, who: Here, number: str) -> Response:
    """What changes on the incident page, to be put in its place."""
    request.state.back = f"/incidents/{number}"
    return page(request, "_incident.html", **{**_asked(request, who, number).values, "back": request.state.back})


def _asked(request: Request, who: Visitor, number: str) -> Asked:
    incident = perform(request, who.actor, "incident.show", incident=number)
    names = [one["name"] for one in perform(request, who.actor, "person.list") if not one.get("disabled_at")]
    known = incident["target"] in context_of(request).world.targets
    found = perform(request, who.actor, "target.recovery", target=incident["target"], brief=True) if known else None
    asked = whole(context_of(request), incident, names)
    return Asked({**asked.values, "recovery": found})


@router.get("/incidents/{number}/timeline")
def show_timeline(request: Request, who: Here, number: str) -> Response:
    """The whole story, and whether anybody has rewritten it."""
    verified = perform(request, who.actor, "incident.verify", incident=number)
    story = perform(request, who.actor, "incident.timeline", incident=number)
    return page(request, "timeline.html", incident=verified["incident"], verified=verified, timeline=story)


@router.get("/incidents/{number}/events")
async def follow(request: Request, who: Here, number: int) -> Response:
    """A stream that says when to look again."""
    del who
    return events(request, str(number))


def events(request: Request, key: str) -> Response:
    """The stream of the hub as an answer that no proxy holds back."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(request.app.state.hub.stream(key), media_type="text/event-stream", headers=headers)
