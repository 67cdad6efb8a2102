"""The pages of targets: scores, everything the newest look saw, and what is said when there was none."""

from __future__ import annotations

import re

import psycopg
import pytest

from fireline.assess import history, turns
from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.regressing import LOOKS, Shop
from tests.web.site import Site


def test_a_target_that_was_never_looked_at_says_so(site: Site) -> None:
    with site.client("maya") as browser:
        assert "Not looked at yet" in browser.get("/targets").text
        page = browser.get("/targets/main").text
        assert "not looked at yet" in page
        assert "No score was kept in this time" in page


def test_one_that_does_not_answer_shows_why_and_no_score(site: Site) -> None:
    history.look_after(site.context.world, "main")
    with site.client("maya") as browser:
        page = browser.get("/targets/main").text
        assert '<span class="score big unknown">?</span>' in page or "Root cause" in page
        assert re.search(r"does not answer|Nothing listens|nothing listens", page)


def test_the_newest_look_is_shown_with_score_cause_tree_and_tables(ward: Site, patient: Target) -> None:
    with Faults(patient) as faults:
        faults.owner.execute("CREATE TABLE orders (id int); INSERT INTO orders VALUES (1)")
        faults.idle("worker", "UPDATE orders SET id = 2")
        faults.waiting("web", "UPDATE orders SET id = 3")
        history.look_after(ward.context.world, "main")
    with ward.client("maya") as browser:
        page = browser.get("/targets/main").text
        assert "idle_in_tx_row_lock" in page
        assert "Who waits for whom" in page
        assert "└─ pid" in page
        assert "<h2>Connections</h2>" in page
        assert "Mend first:" in page
        assert '<svg class="curve"' in page
        assert "idle_in_tx_row_lock" not in browser.get("/targets").text
        assert "An idle transaction" in browser.get("/targets").text
        assert browser.get("/targets/main?hours=168").status_code == 200
        assert browser.get("/targets/other").status_code == 404


def test_what_statements_do_otherwise_than_before_is_the_first_table(
    ward: Site, patient: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "FRESH_SECONDS", -1.0)
    shop = Shop(ward.context.store, patient)
    shop.pass_by()
    with shop.later(LOOKS):
        shop.sql("DROP INDEX parcels_code_idx")
        shop.ask(60)
        shop.look()
        with ward.client("maya") as browser:
            page = browser.get("/targets/main").text
    assert re.search(r'<details id="slow-queries-1" open><summary>Changed since before', page)
    assert "before is what was usual from" in page
    assert "× the blocks for as many rows" in page
    assert "the index parcels_code_idx on public.parcels (code) was usable at" in page


def test_hostile_names_in_the_target_stay_text(ward: Site, patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True, application_name="<script>alert(1)</script>") as conn:
        conn.execute('CREATE TABLE "<img src=x onerror=alert(1)>" (id int)')
        history.look_after(ward.context.world, "main")
    with ward.client("maya") as browser:
        page = browser.get("/targets/main").text
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page


def test_a_look_can_be_asked_for(ward: Site) -> None:
    with ward.client("maya") as browser:
        token = re.search(r'name="csrf" value="([^"]+)"', browser.get("/targets/main").text)
        assert token
        done = browser.post("/do/target.look", data={"csrf": token[1], "target": "main"})
        assert done.status_code < 400
    with ward.context.store.transaction() as conn:
        row = conn.execute(
            "SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'fireline.health'"
        ).fetchone()
    assert row is not None
    assert row["n"] == 1
