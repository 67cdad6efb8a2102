"""Runs by themselves and step by step."""

from __future__ import annotations

from fireline.incident.people import Actor
from fireline.postgres.connect import Target
from tests.web import story
from tests.web.site import Browser, Site

MAYA = Actor("maya", role="admin")


def test_a_run_is_shown_step_by_step_with_what_may_be_done(ward: Site, patient: Target) -> None:
    number = story.night(ward, patient)
    with Browser(ward.url) as browser:
        browser.log_in("maya")
        page = browser.get(f"/incidents/{number}").text
        assert "backend_type" in page
        assert "background writer" in page
        assert "pg_stat_statements&#34; does not exist" in page
        assert "DROP INDEX IF EXISTS assignments_user" in page
        assert 'action="/do/run.approve"' in page
        run = ward.do(MAYA, "incident.show", incident=str(number))["runs"][0]
        assert browser.get(f"/runs/{run['run']}").status_code == 200
        waiting = next(step for step in run["steps"] if step["state"] == "waiting")
        sent = {"run": str(run["run"]), "step": str(waiting["position"]), "hash": waiting["approval"]["content_hash"]}
        level = {} if waiting["level"] else {"level": "reversible"}
        done = browser.submit("run.approve", back=f"/incidents/{number}", **sent, **level)
        assert done.status_code == 200
    story.go_on(ward, run["run"])
    after = ward.do(MAYA, "run.show", run=run["run"])
    assert after["steps"][waiting["position"] - 1]["state"] == "succeeded"
