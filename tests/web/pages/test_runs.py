"""Runs by themselves and step by step."""

from __future__ import annotations

import re

import psycopg

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


def test_the_form_of_a_remedy_takes_lists_with_commas_and_leaves_the_rest_out(ward: Site, patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        for table in ("orders", "visits", "others"):
            conn.execute(
                f"CREATE TABLE {table} WITH (autovacuum_enabled = false) AS SELECT generate_series(1, 100) AS i".encode()
            )
    with ward.client("zoe") as browser:
        form = browser.get("/runs").text
        named = re.findall(r'name="(arguments\.[a-z_]+)"', form[form.index("fireline resolve optimize") :])
        assert {"arguments.tables", "arguments.only", "arguments.limit"} <= set(named)
        filled = dict.fromkeys(named, "") | {"arguments.tables": "orders, visits"}
        sent = browser.submit("remedy.run", back="/runs", phase="resolve", remedy="optimize", target="main", **filled)
        assert sent.status_code == 200
        story.go_on(ward, 1)
        shown = browser.get("/runs/1").text
    assert "ANALYZE (SKIP_LOCKED) public.orders" in shown
    assert "it has rows and no statistics at all" in shown
    assert "public.visits" in shown
    assert "public.others" not in shown
