"""The page of silences: what holds, what a new one would hold, and making and ending one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fireline.incident.people import Actor
from fireline.web.pages.silences import DAYS, WIDTH, bars
from tests.incident.alerts import fire
from tests.web.site import Site

MAYA = Actor("maya")


def test_a_person_sees_what_a_silence_would_hold_makes_it_and_ends_it(site: Site) -> None:
    with site.context.store.transaction() as conn:
        fire(conn, "disk full")
    with site.client("maya") as browser:
        assert "Nothing is silenced." in browser.get("/silences").text
        seen = browser.get("/silences", params={"matchers": "source=am\ntitle=~disk.*"}).text
        assert "It fits 1 alert that fires now" in seen
        assert "disk full" in seen
        site.do(MAYA, "silence.create", matchers=["source=am"], comment="moving the disk", lasts="1d")
        listed = browser.get("/silences").text
        assert "moving the disk" in listed
        assert "<rect" in listed
        assert "End it now" in listed
        site.do(MAYA, "silence.end", silence=1)
        assert "Nothing is silenced." in browser.get("/silences").text
        assert "moving the disk" in browser.get("/silences", params={"past": "true"}).text


def test_what_is_no_matcher_is_said_beside_the_form(site: Site) -> None:
    with site.client("maya") as browser:
        page = browser.get("/silences", params={"matchers": "title=~("})
        assert page.status_code == 200
        assert "is not a pattern: missing )" in page.text


def test_the_calendar_shows_a_stretch_where_it_is_and_never_too_thin_to_see() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    week = {"from": now + timedelta(days=7), "to": now + timedelta(days=14)}
    minute = {"from": now, "to": now + timedelta(minutes=1)}
    assert bars([week, minute], now) == [(WIDTH / 2, WIDTH / 2), (0.0, 2.0)]
    assert DAYS == 14
