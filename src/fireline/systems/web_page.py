"""A page as somebody outside sees it: status, time, certificate, and whether a text stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fireline import clock
from fireline.systems import http_get
from fireline.systems.condition import Condition
from fireline.systems.http_get import Answer, NoAnswer

MOST_BODY = 1_000_000
_SOON = timedelta(days=14)  # a certificate that ends within this time is worth a word


@dataclass(frozen=True)
class Page:
    """What is asked, and what it must answer; status None is anything from 200 to 299. ailing: what no answer means then."""

    url: str
    timeout: timedelta
    status: int | None = None
    expect: str | None = None
    ca: Path | None = None
    ailing: tuple[str, ...] = ("refused", "tls")  # what a server does; anything else may as well be our own network


def ask(page: Page) -> Condition:
    """What the page answers. A certificate that is no good and a refused connection are answers, too."""
    facts: dict[str, Any] = {"url": http_get.shown(page.url)}
    most = MOST_BODY if page.expect else 0
    try:
        answer = http_get.get(page.url, limit=page.timeout, most=most, ca=page.ca)
        return judged(page, answer, facts, clock.now())
    except NoAnswer as none:
        return Condition("ailing" if none.kind in page.ailing else "unknown", none.message, facts=facts)


def judged(page: Page, answer: Answer, facts: dict[str, Any], now: datetime) -> Condition:
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
        return Condition("ailing", f"answers {answer.status} instead of {page.status or '200'}", detail, facts)
    if there is False and not answer.whole:
        return Condition("unknown", f"“{page.expect}” is not in the first megabyte of its body", detail, facts)
    if there is False:
        return Condition("ailing", f"answers {answer.status}, but “{page.expect}” is not in its body", detail, facts)
    return Condition("well", f"answers {answer.status}", detail, facts)


def _said(answer: Answer, days: int | None) -> list[str]:
    said = [f"in {answer.ms / 1000:.1f} s" if answer.ms >= 1000 else f"in {answer.ms} ms"]  # noqa: PLR2004 - a second
    if answer.redirects:
        said.append(f"after {answer.redirects} redirect{'s' if answer.redirects > 1 else ''}")
    if days is not None:
        left = f"{days} day{'' if days == 1 else 's'}"
        said.append(f"certificate ends in {left}" if days < _SOON.days else f"certificate good for {left}")
    return said
