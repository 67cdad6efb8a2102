"""Alerts: searched, filtered and paged in the store; one of them with the signals it was made of."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fireline.web.pages.incidents import Here
from fireline.web.render import page
from fireline.web.visitor import perform

router = APIRouter()
PAGE = 50


@router.get("/alerts")
def show_list(request: Request, who: Here, search: str = "", status: str = "", before: int | None = None) -> Response:
    """Alerts, the newest first, a page at a time; INC-7 in the search is the alerts of that incident."""
    asked = {"search": search, "status": status, "before": before}
    given = {key: value for key, value in asked.items() if value}
    found = perform(request, who.actor, "alert.list", limit=PAGE + 1, **given)
    following = found[PAGE - 1]["alert"] if len(found) > PAGE else None
    return page(request, "alerts.html", alerts=found[:PAGE], following=following, **asked)


@router.get("/alerts/{number}")
def show_alert(request: Request, who: Here, number: int) -> Response:
    """One alert."""
    return page(request, "alert.html", alert=perform(request, who.actor, "alert.show", alert=number))
