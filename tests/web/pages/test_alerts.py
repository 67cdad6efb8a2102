"""Alerts, however many there are."""

from __future__ import annotations

import re

from fireline import clock
from fireline.detect import intake
from fireline.incident.people import Actor
from tests.web import story
from tests.web.site import Site

MAYA = Actor("maya")


def test_ten_thousand_alerts_on_one_incident_are_counted_and_paged_not_all_shown(site: Site) -> None:
    number = story.declare(site, site.person("ada", "admin"))
    with site.context.store.transaction() as conn:
        conn.execute(
            """INSERT INTO alert (key, key_reason, source, title, status, first_at, last_at, group_key, incident_id)
            SELECT 'key ' || n, 'all labels', 'prom', 'HighLatency on pod ' || n, 'firing', %(now)s, %(now)s, 'g', %(incident)s
            FROM generate_series(1, 10000) AS n""",
            {"now": clock.now(), "incident": number},
        )
        conn.execute("ANALYZE alert")
    with site.client("maya") as browser:
        page = browser.get(f"/incidents/{number}")
        assert "10,000 alerts" in page.text
        assert len(page.text) < 200_000
        listed = browser.get("/alerts", params={"search": f"INC-{number}"})
        assert listed.text.count('class="line') == 50
        following = re.search(r'href="([^"]+)" rel="next"', listed.text)
        assert following
        older = browser.get(following[1].replace("&amp;", "&"))
        assert older.text.count('class="line') == 50
        first = re.findall(r"HighLatency on pod \d+", listed.text)
        assert not set(first) & set(re.findall(r"HighLatency on pod \d+", older.text))
        assert "HighLatency on pod 777" in browser.get("/alerts", params={"search": "pod 777"}).text


def test_an_alert_shows_the_signals_it_was_made_of_without_their_secrets(site: Site) -> None:
    with site.client("maya") as browser:
        site.do(
            MAYA, "report.send", title="Export is broken", text="with the key sk_live_abcdefghijklmnop", target="main"
        )
        intake.take(site.context.store, site.settings, site.context.scheme())
        page = browser.get("/alerts/1").text
        assert "Export is broken" in page
        assert "sk_live" not in page
        assert "«redacted»" in page
        assert 'href="/incidents/1"' in page


def test_alerts_are_filtered_by_what_they_say_and_pages_keep_the_filter(site: Site) -> None:
    with site.context.store.transaction() as conn:
        conn.execute(
            "INSERT INTO alert (key, key_reason, source, target, title, status, severity, first_at, last_at, labels, group_key)"
            " SELECT 'k' || n, 'r', 'prom', 'main', 'host ' || n || ' is full', 'firing', 'critical', %(now)s, %(now)s,"
            " jsonb_build_object('host', 'db' || n %% 2), 'g' FROM generate_series(1, 120) AS n",
            {"now": site.now()},
        )
    with site.client("nora") as browser:
        first = browser.get("/alerts", params={"source": "prom", "label": "host=db1", "severity": "CRITICAL"}).text
        assert "host 119 is full" in first
        assert "host 118 is full" not in first
        assert "Only source prom" in first
        older = re.search(r'href="([^"]+)" rel="next"', first)
        assert older is not None
        second = browser.get(older[1].replace("&amp;", "&")).text
        assert "host 1 is full" in second
        assert "host 2 is full" not in second
        assert "Nothing matches" in browser.get("/alerts", params={"target": "gone"}).text
        assert "is not a label" in browser.get("/alerts", params={"label": "host"}).text
