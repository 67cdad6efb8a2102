"""The team's own pages, as somebody outside sees them: status, time, certificate, and whether a text stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field

from fireline import clock
from fireline.assess.surrounding import LIMIT, Circumstances, Question, Seen, Surrounding
from fireline.settings import Duration, Model
from fireline.systems import http_get
from fireline.systems.http_get import Answer, NoAnswer

MOST_BODY = 1_000_000
_SOON = timedelta(days=14)  # a certificate that ends within this time is worth a word
_KNOWN = ("refused", "tls")  # what a server does; anything else may as well be our own network


class ApplicationSettings(Model):
    """One page of your own that tells whether the application is well; asked with a GET."""

    url: str = Field(description="what is asked; a password or a token in it is never shown", repr=False)
    status: int | None = Field(None, description="the status it must answer; anything from 200 to 299 when left out")
    expect: str | None = Field(None, description="a text that must stand in the first megabyte of its body")
    timeout: Duration = Field(LIMIT, description="how long an answer may take")
    ca: Path | None = Field(
        None, description="PEM file of the authority that signed its certificate, if it is your own"
    )


def questions(pages: Mapping[str, ApplicationSettings], circumstances: Circumstances) -> list[Question]:
    """One for each page, whatever the incident is about."""
    del circumstances
    return [
        Question(name, partial(ask, page), page.timeout, ("application", page.url, page.status, page.expect))
        for name, page in pages.items()
    ]


def ask(page: ApplicationSettings) -> Seen:
    """What the page answers. A certificate that is no good and a refused connection are answers, too."""
    facts: dict[str, Any] = {"url": http_get.shown(page.url)}
    most = MOST_BODY if page.expect else 0
    try:
        answer = http_get.get(page.url, limit=page.timeout, most=most, ca=page.ca)
        return judged(page, answer, facts, clock.now())
    except NoAnswer as none:
        return Seen("ailing" if none.kind in _KNOWN else "unknown", none.message, facts=facts)


def judged(page: ApplicationSettings, answer: Answer, facts: dict[str, Any], now: datetime) -> Seen:
    """What an answer means."""
    days = (answer.tls_until - now).days if answer.tls_until else None
    there = (page.expect in answer.text(MOST_BODY)) if page.expect else None
    facts |= {
        "status": answer.status,
        "ms": answer.ms,
        "redirects": answer.redirects,
        "tls_days_left": days,
        "expected_text": there,
    }
    detail = ", ".join(_said(answer, days))
    right = answer.status == page.status if page.status else answer.status in range(200, 300)
    if not right:
        return Seen("ailing", f"answers {answer.status} instead of {page.status or '200'}", detail, facts)
    if there is False and not answer.whole:
        return Seen("unknown", f"“{page.expect}” is not in the first megabyte of its body", detail, facts)
    if there is False:
        return Seen("ailing", f"answers {answer.status}, but “{page.expect}” is not in its body", detail, facts)
    return Seen("well", f"answers {answer.status}", detail, facts)


def _said(answer: Answer, days: int | None) -> list[str]:
    said = [f"in {answer.ms / 1000:.1f} s" if answer.ms >= 1000 else f"in {answer.ms} ms"]  # noqa: PLR2004 - a second
    if answer.redirects:
        said.append(f"after {answer.redirects} redirect{'s' if answer.redirects > 1 else ''}")
    if days is not None:
        left = f"{days} day{'' if days == 1 else 's'}"
        said.append(f"certificate ends in {left}" if days < _SOON.days else f"certificate good for {left}")
    return said


surrounding = Surrounding(
    "application", "the team's own pages: status, time, certificate, text", ApplicationSettings, questions, "shop"
)
