"""Merging and splitting incidents on their page, and alerts that flap or are stale."""

from __future__ import annotations

from datetime import timedelta

from fireline import clock
from fireline.incident.people import Actor
from tests.incident.alerts import fire
from tests.web import story
from tests.web.site import Site

MAYA = Actor("maya", role="admin")


def test_an_incident_that_could_be_the_same_is_offered_and_merged_into_this(site: Site) -> None:
    with site.client("maya") as browser:
        into, merged = story.declare(site, Actor("maya")), story.declare(site, Actor("maya"), title="Also slow")
        page = browser.get(f"/incidents/{into}").text
        assert "Could be the same" in page
        assert "target main too" in page
        browser.submit("incident.merge", back=f"/incidents/{into}", incident=f"INC-{merged}", into=f"INC-{into}")
        page = browser.get(f"/incidents/{merged}").text
        assert f'Merged into <a href="/incidents/{into}">INC-{into}</a>' in page
        assert "it was not an incident" not in page
        assert "Could be the same" not in browser.get(f"/incidents/{into}").text.replace(f"INC-{merged}", "")


def test_alerts_are_split_off_and_the_new_incident_is_shown(site: Site) -> None:
    with site.client("maya") as browser:
        with site.context.store.transaction() as conn:
            number = fire(conn, f"one {clock.now()}", f"two {clock.now()}")
        page = browser.get(f"/incidents/{number}").text
        assert 'action="/do/incident.split"' in page
        assert 'action="/do/incident.merge"' in page
        alerts = site.do(MAYA, "incident.show", incident=str(number))["alerts"]
        answer = browser.submit(
            "incident.split",
            back=f"/incidents/{number}",
            incident=f"INC-{number}",
            alerts=str(alerts[0]["alert"]),
            title="Another matter",
        )
        assert "<h1>Another matter</h1>" in answer.text


def test_an_alert_that_flaps_or_is_stale_says_so(site: Site) -> None:
    flaps, stale = f"flaps {clock.now()}", f"stale {clock.now()}"
    with site.context.store.transaction() as conn:
        number = fire(conn, flaps, stale)
        since = clock.now() - timedelta(minutes=2)
        conn.execute(
            "UPDATE alert SET flap_state = 'resolved', flips = 7, flaps_since = %s, flipped_at = %s WHERE title = %s",
            [since, since, flaps],
        )
        conn.execute("UPDATE alert SET status = 'stale' WHERE title = %s", [stale])
    alerts = {one["title"]: one["alert"] for one in site.do(MAYA, "incident.show", incident=str(number))["alerts"]}
    with site.client("maya") as browser:
        page = browser.get(f"/alerts/{alerts[flaps]}").text
        assert "It has changed 7 times" in page
        assert "What it was last: resolved." in page
        assert "whether it still fires is not known" in browser.get(f"/alerts/{alerts[stale]}").text
        assert ">flapping</span>" in browser.get(f"/alerts?search=INC-{number}").text
        page = browser.get(f"/alerts?status=stale&search=INC-{number}").text
        assert stale in page
        assert flaps not in page
