"""The restores of a target, one of them with its verdict, and what would be lost by putting it in the place of the one in use."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from fireline.recovery.differing.told import FIRST
from fireline.web.pages.incidents import Here, events
from fireline.web.pages.steps import at_work, share
from fireline.web.render import page
from fireline.web.visitor import Form, Visitor, context_of, form, perform

router = APIRouter()
PAGE = 50
_MOST = 1000
LINES = 12  # of one kind in a comparison, before the rest is folded
_WORDS = {
    "lost": ("Would be lost", "Was lost"),
    "back": ("Comes back to life", "Came back to life"),
    "missing": ("Will be missing", "Is missing"),
    "unknown": ("Not known", "Not known"),
}


@router.get("/targets/{name}/restores")
def show_list(request: Request, who: Here, name: str, gone: bool = False, limit: int = PAGE) -> Response:
    """The restores of a target, newest first."""
    limit = min(max(limit, 1), _MOST)
    found = perform(request, who.actor, "restore.list", target=name, gone=gone, limit=limit + 1)
    recovery = perform(request, who.actor, "target.recovery", target=name, brief=True)
    values = {"restores": found[:limit], "more": len(found) > limit, "limit": limit, "gone": gone}
    return page(request, "restores.html", recovery=recovery, **values)


@router.get("/restores/{number}")
def show_restore(request: Request, who: Here, number: int) -> Response:
    """One restore."""
    return page(request, "restore.html", **_values(request, who, number))


@router.get("/restores/{number}/parts/all")
def show_parts(request: Request, who: Here, number: int) -> Response:
    """What changes on it."""
    return page(request, "_restore.html", **{**_values(request, who, number), "back": f"/restores/{number}"})


@router.get("/restores/{number}/events")
def follow(request: Request, who: Here, number: int) -> Response:
    """A stream that says when something about its target's recovery has changed."""
    found = perform(request, who.actor, "restore.show", restore=str(number))
    return events(request, f"recovery {found['target']}")


def _values(request: Request, who: Visitor, number: int) -> dict[str, Any]:
    found = perform(request, who.actor, "restore.show", restore=str(number))
    known = found["target"] in context_of(request).world.targets
    around = perform(request, who.actor, "target.recovery", target=found["target"], brief=True) if known else None
    work = perform(request, who.actor, "restore.work", restore=str(number))
    newest = next((one for one in work["changes"] if not one["undone"]), None)  # what came after is undone first
    told = {"work": at_work(work["runs"]), "share": share(work["runs"]), "newest": newest and newest["attempt"]}
    return {"restore": found, "around": around, "changes": work["changes"], **told}


@router.post("/restores/{number}/diff")
def compare(request: Request, sent: Annotated[Form, Depends(form)], number: int) -> Response:
    """Compare it with the database in use; a button, since both are read."""
    who = sent.visitor.actor
    found = perform(request, who, "restore.diff", restore=str(number))
    values = {
        "restore": perform(request, who, "restore.show", restore=str(number)),
        "diff": found,
        "parts": parts(found),
        "lines": LINES,
    }
    return page(request, "restore_diff.html", back=f"/restores/{number}", **values)


@router.get("/restores/{number}/diff")
def back_to_restore(number: int) -> Response:
    """Where a comparison is asked for: an address alone compares nothing."""
    return RedirectResponse(f"/restores/{number}", 303)


def parts(found: dict[str, Any]) -> list[dict[str, Any]]:
    """A comparison as its parts: each with a heading and its sentences by kind, what harms people first. Pure."""
    made = []
    for key, words in _WORDS.items():
        entries = found[key]
        if key == "unknown":
            kinds = [("not known", [str(one) for one in entries])] if entries else []
        else:
            kinds = _by_kind(entries)
        if key != "unknown" or kinds:
            made.append({"key": key, "title": words[bool(found["swapped"])], "kinds": kinds, "count": len(entries)})
    return made


def _by_kind(entries: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """The sentences of each kind."""
    kinds: dict[str, list[str]] = {kind: [] for kind in FIRST}
    for one in entries:
        kinds.setdefault(one["kind"], []).append(one["says"])
    return [(kind, says) for kind, says in kinds.items() if says]
