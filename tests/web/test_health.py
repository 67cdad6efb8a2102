"""Signs of life for machines."""

from __future__ import annotations

from fireline import clock
from fireline.incident.people import Actor
from tests.web.site import DOOR, Site


def test_health_tells_of_the_store_and_of_the_workers(site: Site) -> None:
    with site.stranger() as browser:
        none = {"signals": 0, "bytes": 0, "most": 256 * 1024**2, "oldest": None}
        assert browser.get("/healthz").json() == {
            "ok": True, "store": "answers", "workers": 0, "workers_seen_at": None, "journal": none
        }  # fmt: skip
        assert browser.get("/healthz/doors").json() == {"ok": True, "journal": none}
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


def test_metrics_tell_how_what_is_watched_is(site: Site) -> None:
    with site.context.store.transaction() as conn:
        conn.execute(
            "INSERT INTO probe (name, kind, state, since, ms, late_ms)"
            " VALUES ('shop', 'http', 'ailing', now(), 250, 1500), ('db', 'tcp', 'well', now(), NULL, NULL)"
        )
        conn.execute(
            "INSERT INTO beat (name, source, slug, provisioned, period, grace, since, state, due_at)"
            " VALUES ('backup', 's', 'backup', false, '1d', '1h', now(), 'late', now())"
        )
    with site.stranger() as sender:
        lines = sender.get("/metrics").text.splitlines()
    assert 'fireline_probe_up{probe="shop"} 0.0' in lines
    assert 'fireline_probe_up{probe="db"} 1.0' in lines
    assert 'fireline_probe_seconds{probe="shop"} 0.25' in lines
    assert 'fireline_probe_late_seconds{probe="shop"} 1.5' in lines
    assert 'fireline_beat_up{beat="backup"} 0.0' in lines


def gone(site: Site) -> None:
    """Let the store of this site be found nowhere."""
    site.context.store.close()
    site.context.store.url = "host=127.0.0.1 port=1 dbname=nothing connect_timeout=1"
    site.context.store._size = 1
    site.app.state.door.committer._writer._url = site.context.store.url
    site.app.state.door.committer._lookout._url = site.context.store.url


def test_without_the_store_alerts_are_taken_and_everybody_who_looks_is_told_so(site: Site) -> None:
    gone(site)
    with site.stranger() as browser:
        browser.timeout = 40
        answer = browser.post("/in/prom", json={"title": "disk full"}, headers={"Authorization": f"Bearer {DOOR}"})
        assert answer.status_code == 202
        assert len(answer.json()["signal"]) == 36
        doors = browser.get("/healthz/doors")
        assert (doors.status_code, doors.json()["ok"], doors.json()["journal"]["signals"]) == (200, True, 1)
        health = browser.get("/healthz")
        assert (health.status_code, health.json()["journal"]["signals"]) == (503, 1)
        assert health.json()["journal"]["oldest"]
        lines = browser.get("/metrics").text.splitlines()
        page = browser.get("/login").text
    assert "fireline_store_up 0.0" in lines
    assert "fireline_journal_signals 1.0" in lines
    assert "Alerts are taken all the same: 1 are kept on the server&#39;s disk" in page
    [path] = (site.settings.path(site.settings.store.folder) / "journal").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_the_doors_answer_and_how_long_a_signal_waits_are_figures(site: Site) -> None:
    with site.stranger() as sender:
        for body, token in (("{}", DOOR), ('{"title": "x"}', DOOR), ('{"title": "x"}', "wrong")):
            sender.post("/in/prom", content=body, headers={"Authorization": f"Bearer {token}"})
        lines = sender.get("/metrics").text.splitlines()
    for status in (202, 400, 401):
        assert f'fireline_door_answers_total{{source="prom",status="{status}"}} 1.0' in lines
    assert 'fireline_commit_seconds_bucket{le="+Inf"} 1.0' in lines
    assert "fireline_commit_seconds_count 1.0" in lines
    assert "fireline_store_up 1.0" in lines
    assert "fireline_journal_bytes 0.0" in lines
