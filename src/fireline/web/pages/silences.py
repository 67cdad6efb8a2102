"""Silences and maintenance windows: which hold, a calendar of those to come, and the form for a new one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fireline import clock
from fireline.errors import Usage
from fireline.web.pages.incidents import Here
from fireline.web.render import page
from fireline.web.visitor import perform

router = APIRouter()
DAYS = 14
WIDTH = 1_000  # of the calendar, in its own units


@router.get("/silences")
def show_list(request: Request, who: Here, past: bool = False, matchers: str = "") -> Response:
    """Silences that hold or will; with matchers in the query also what they would hold, before anybody is silenced."""
    found = perform(request, who.actor, "silence.list", past=past)
    fitting, wrong = None, ""
    if matchers.strip():
        try:
            fitting = perform(request, who.actor, "silence.preview", matchers=[matchers])["alerts"]
        except Usage as fault:
            wrong = f"{fault.message}. {fault.hint or ''}"
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return page(
        request,
        "silences.html",
        silences=found,
        rows=[one | {"bars": bars(one["windows"], today)} for one in found if one["windows"]],
        days=[(place * WIDTH / DAYS, today + timedelta(days=place)) for place in range(DAYS)],
        width=WIDTH,
        at_now=round((clock.now() - today) / timedelta(days=DAYS) * WIDTH, 1),
        past=past,
        matchers=matchers,
        fitting=fitting,
        wrong=wrong,
    )


def bars(windows: list[dict[str, Any]], first: datetime) -> list[tuple[float, float]]:
    """The stretches of one silence as (start, length) on a line that is WIDTH long and shows DAYS days."""
    span = timedelta(days=DAYS)
    return [
        (round((one["from"] - first) / span * WIDTH, 1), round(max((one["to"] - one["from"]) / span * WIDTH, 2.0), 1))
        for one in windows
    ]
