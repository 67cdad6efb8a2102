"""The recorded states of a target, one of them in words, and what changed between two."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from fireline.web.pages.incidents import Here
from fireline.web.render import page
from fireline.web.visitor import Form, form, perform

router = APIRouter()
PAGE = 100


@router.get("/targets/{name}/snapshots")
def show_list(request: Request, who: Here, name: str) -> Response:
    """The recorded states, newest first, and the form that compares two."""
    found = perform(request, who.actor, "snapshot.list", target=name, limit=PAGE)
    recovery = perform(request, who.actor, "target.recovery", target=name, brief=True)
    return page(request, "snapshots.html", snapshots=found, recovery=recovery, diff=None)


@router.post("/targets/{name}/snapshots")
def compare(request: Request, sent: Annotated[Form, Depends(form)], name: str) -> Response:
    """What changed between two recorded states, or since one of them; a button, since the target may be read."""
    who = sent.visitor.actor
    told = {"before": sent.get("before", "latest"), "after": sent.get("after", "now"), "target": name}
    diff = perform(request, who, "snapshot.diff", **told)
    found = perform(request, who, "snapshot.list", target=name, limit=PAGE)
    recovery = perform(request, who, "target.recovery", target=name, brief=True)
    back = f"/targets/{name}/snapshots"
    return page(request, "snapshots.html", snapshots=found, recovery=recovery, diff=diff, back=back)


@router.get("/snapshots/{number}")
def show_snapshot(request: Request, who: Here, number: int) -> Response:
    """One recorded state, part by part."""
    found = perform(request, who.actor, "snapshot.show", snapshot=str(number))
    return page(request, "snapshot.html", snapshot=found, parts=parts(found["state"]))


def parts(state: dict[str, Any]) -> list[tuple[str, int | None, Any]]:
    """The parts of a state: name, how many entries it has, and what is in it. Pure."""
    return [
        (name.replace("_", " "), len(value) if isinstance(value, dict | list) else None, value)
        for name, value in state.items()
        if value not in (None, {}, [])
    ]
