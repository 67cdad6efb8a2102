"""Signs of life for machines."""

from __future__ import annotations

from fireline import clock
from fireline.incident.people import Actor
from tests.web.site import DOOR, Site


def test_health_tells_of_the_store_and_of_the_workers(site: Site) -> None:
    with site.stranger() as browser:
        assert browser.get("/healthz").json() == {"ok": True, "store": "answers", "workers": 0, "workers_seen_at": None}
        with site.context.store.transaction() as conn:
            conn.execute(
                "INSERT INTO worker (name, host, pid, started_at, seen_at) VALUES ('w', 'h', 1, %(now)s, %(now)s)",
                {"now": clock.now()},
            )
        assert browser.get("/healthz").json()["workers"] == 1


def test_health_is_503_when_the_store_is_gone(site: Site, monkeypatch: object) -> None:
    site.context.store.close()
    site.context.store.url = "host=127.0.0.1 port=1 dbname=nothing connect_timeout=1"
    site.context.store._size = 1
    with site.stranger() as browser:
        browser.timeout = 40
        answer = browser.get("/healthz")
        assert answer.status_code == 503
        assert answer.json()["ok"] is False
        page = browser.get("/login")
        assert page.status_code == 503
        assert "The store does not answer" in page.text


def test_metrics_count_what_is_open(site: Site) -> None:
    maya = site.person("maya")
    site.do(maya, "incident.declare", title="Login is slow", severity="P1")
    site.do(Actor("maya"), "halt.set", reason="a drill")
    with site.stranger() as sender:
        sender.post("/in/prom", json={"title": "disk full"}, headers={"Authorization": f"Bearer {DOOR}"})
        lines = sender.get("/metrics").text.splitlines()
    assert 'fireline_incidents_open{severity="P1"} 1.0' in lines
    assert "fireline_signals_waiting 1.0" in lines
    assert "fireline_halted 1.0" in lines
    assert "fireline_workers 0.0" in lines
