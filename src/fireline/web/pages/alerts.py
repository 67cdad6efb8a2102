"""Alerts: searched, filtered and paged in the store; one of them with the signals it was made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from fireline.detect.report import SOURCE
from fireline.errors import Usage
from fireline.web.pages.incidents import Here
from fireline.web.render import page
from fireline.web.visitor import context_of, perform

router = APIRouter()
PAGE = 50


@router.get("/alerts")
def show_list(
    request: Request,
    who: Here,
    search: str = "",
    status: str = "",
    source: str = "",
    target: str = "",
    severity: str = "",
    label: str = "",
    before: int | None = None,
) -> Response:
    """Alerts, the newest first, a page at a time; INC-7 in the search is the alerts of that incident."""
    asked = {"search": search, "status": status, "source": source, "target": target, "severity": severity}
    given: dict[str, Any] = {key: value for key, value in {**asked, "before": before}.items() if value}
    wrong = ""
    try:
        found = perform(request, who.actor, "alert.list", limit=PAGE + 1, label=_labels(label), **given)
    except Usage as fault:
        found, wrong = [], f"{fault.message}. {fault.hint or ''}"
    settings = context_of(request).settings
    kept = urlencode({key: value for key, value in {**asked, "label": label}.items() if value and key != "status"})
    return page(
        request,
        "alerts.html",
        alerts=found[:PAGE],
        following=found[PAGE - 1]["alert"] if len(found) > PAGE else None,
        before=before,
        label=label,
        kept=kept,
        narrowed=bool(source or target or severity or label),
        wrong=wrong,
        sources=_with(source, [*settings.sources, SOURCE]),
        targets=_with(target, settings.targets),
        **asked,
    )


def _labels(text: str) -> list[str]:
    """`host=db7, env=prod` as they are asked for."""
    return [one.strip() for one in text.split(",") if one.strip()]


def _with(chosen: str, known: Iterable[str]) -> list[str]:
    """What can be chosen; what was asked for stays there though the settings have it no more."""
    return list(dict.fromkeys([*known, *([chosen] if chosen else [])]))


@router.get("/alerts/{number}")
def show_alert(request: Request, who: Here, number: int) -> Response:
    """One alert."""
    return page(request, "alert.html", alert=perform(request, who.actor, "alert.show", alert=number))
