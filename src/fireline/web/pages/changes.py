"""What was deployed, migrated or set: a feed with search and filters, the newest first."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fireline.detect.changes import KINDS
from fireline.web.pages.incidents import Here
from fireline.web.render import page
from fireline.web.visitor import context_of, perform

router = APIRouter()
PAGE = 50


@router.get("/changes")
def show_list(
    request: Request, who: Here, search: str = "", kind: str = "", target: str = "", before: int | None = None
) -> Response:
    """Changes, the newest first, a page at a time; of a target those that may be about any as well."""
    asked = {"search": search, "kind": kind, "target": target, "before": before}
    given = {key: value for key, value in asked.items() if value}
    found = perform(request, who.actor, "change.list", limit=PAGE + 1, **given)
    following = found[PAGE - 1]["change"] if len(found) > PAGE else None
    known = {"kinds": KINDS, "targets": sorted(context_of(request).world.targets)}
    return page(request, "changes.html", changes=found[:PAGE], following=following, **asked, **known)
