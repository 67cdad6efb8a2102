"""What stands between a target and a loss: its backups, its fence, its restores; and one backup with what is in it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from fireline.app.recovery import judged
from fireline.web.pages.incidents import Here, events
from fireline.web.pages.steps import at_work
from fireline.web.render import page
from fireline.web.visitor import Form, Visitor, context_of, form, perform

router = APIRouter()
PAGE = 50
TABLES = 200  # of a backup on one page
FEW = 5


@router.get("/targets/{name}/recovery")
def show_recovery(request: Request, who: Here, name: str) -> Response:
    """Whether a target could be brought back, and what is under way."""
    return page(request, "recovery.html", **_values(request, who, name))


@router.get("/targets/{name}/recovery/parts/all")
def show_parts(request: Request, who: Here, name: str) -> Response:
    """What changes on it."""
    back = f"/targets/{name}/recovery"
    return page(request, "_recovery.html", **{**_values(request, who, name), "back": back})


@router.get("/targets/{name}/recovery/events")
async def follow(request: Request, who: Here, name: str) -> Response:
    """A stream that says when a backup, a restore, a fence or a run of this target has changed."""
    del who
    return events(request, f"recovery {name}")


def _values(request: Request, who: Visitor, name: str) -> dict[str, Any]:
    found = perform(request, who.actor, "target.recovery", target=name)
    return {
        "recovery": found,
        "work": at_work(found["runs"]),
        "backups": perform(request, who.actor, "target.backups", target=name, limit=FEW),
        "snapshots": perform(request, who.actor, "snapshot.list", target=name, limit=FEW),
    }


@router.post("/targets/{name}/fence")
def look_at_fence(request: Request, sent: Annotated[Form, Depends(form)], name: str) -> Response:
    """Ask the server at this moment who is in it and who can still write; a button, since it reads the target."""
    found = perform(request, sent.visitor.actor, "fence.status", target=name)
    incidents = perform(request, sent.visitor.actor, "target.recovery", target=name, brief=True)["incidents"]
    return page(request, "fence.html", fence=found, incidents=incidents, back=f"/targets/{name}/recovery")


@router.get("/targets/{name}/fence")
def back_to_recovery(name: str) -> Response:
    """Where the fence stands: an address alone asks no server."""
    return RedirectResponse(f"/targets/{quote(name, safe='')}/recovery", 303)


@router.get("/targets/{name}/backups")
def show_backups(
    request: Request, who: Here, name: str, before: str = "", gone: bool = False, look: bool = False
) -> Response:
    """The backups of a target, a page at a time; look: the folder is looked through for those the store does not know."""
    if look:
        perform(request, who.actor, "backup.list", target=name, limit=1)
    given: dict[str, Any] = {"before": before} if before else {}
    found = perform(request, who.actor, "target.backups", target=name, gone=gone, limit=PAGE + 1, **given)
    following = found[PAGE - 1]["name"] if len(found) > PAGE else None
    recovery = perform(request, who.actor, "target.recovery", target=name)
    values = {"backups": found[:PAGE], "following": following, "before": before, "gone": gone, "looked": look}
    return page(request, "backups.html", recovery=recovery, **values)


@router.get("/backups/{name}")
def show_backup(request: Request, who: Here, name: str, start: int = 0, search: str = "") -> Response:
    """One backup: what is in it by its manifest, who signed it, and what was proved."""
    world = context_of(request).world
    found = perform(request, who.actor, "backup.show", name=name)
    known = found["target"] in world.targets
    around = perform(request, who.actor, "target.recovery", target=found["target"], brief=True) if known else None
    tables = _tables(found, search)
    start = max(0, min(start, len(tables) - 1) // TABLES * TABLES) if tables else 0
    values = {
        "backup": judged(found, world.settings.policy.backup_max_age),
        "manifest": found["manifest"],
        "unread": found["problem"],
        "tables": tables[start : start + TABLES],
        "total": len(tables),
        "start": start,
        "following": start + TABLES if start + TABLES < len(tables) else None,
        "search": search,
        "known": known,
        "incidents": around["incidents"] if around else [],
    }
    return page(request, "backup.html", **values)


def _tables(found: dict[str, Any], search: str) -> list[dict[str, Any]]:
    """The tables of a manifest, the largest first."""
    every = (found["manifest"] or {}).get("tables") or []
    word = search.strip().casefold()
    return sorted(
        (one for one in every if word in one["table"].casefold()), key=lambda one: (-one["bytes"], one["table"])
    )
