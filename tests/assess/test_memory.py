"""What looks saw of the statements is kept, forgotten in time, and tells what changed: the whole way, on real servers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.assess import complaint, history, memory
from fireline.assess import incident as assessment
from fireline.assess.diagnose import diagnose, probe
from fireline.assess.kept import of
from fireline.assess.snapshot import Asked
from fireline.incident import timeline, transitions
from fireline.incident.people import FIRELINE, Actor
from fireline.incident.story import sentence
from fireline.store.connect import Store
from tests.assess.judging import NOTHING_SEEN
from tests.assess.regressing import LOOKS, Shop, shop
from tests.assess.slow_shop import BY_EMAIL, look, statement

__all__ = ["shop"]
ADA = Actor("ada", role="viewer")


def shown(shop: Shop, title: str, text: str) -> dict[str, Any]:
    """The row of a statement in a table of the target's page."""
    with shop.world.store.transaction() as conn:
        report = history.show_target(conn, ADA, shop.world, target="main")["look"]["report"]
    (view,) = [one for one in report["views"] if one["check"] == "slow-queries"]
    rows = [row for section in view["sections"] if section["title"] == title for row in section["rows"]]
    (row,) = [row for row in rows if text in row["statement"] and row.get("database") in (None, shop.database)]
    return dict(row)


def test_a_statement_that_lost_its_index_is_told_with_what_it_did_before_and_why(shop: Shop) -> None:
    shop.pass_by()
    with shop.later(LOOKS):
        shop.sql("DROP INDEX parcels_code_idx")
        shop.ask(60)  # so that it matters beside our own looks, without anybody's complaint
        shop.look()
        row = shown(shop, "Changed since before", "FROM parcels WHERE code")
        assert row["change"].endswith("× the blocks for as many rows")
        assert row["blocks_before"] < 10
        assert row["blocks_per_call"] > 200
        assert row["mean_ms"] > 3 * row["mean_before_ms"]
        worse = shown(shop, "Worse plans", "FROM parcels WHERE code")
        assert (worse["rows_per_call"], worse["rows_before"]) == (1, 1)
        assert "the index parcels_code_idx on public.parcels (code) was usable at" in worse["likely_because"]
        assert "is not there any more" in worse["likely_because"]


def test_the_cause_that_explains_it_is_told_what_was_before(shop: Shop) -> None:
    shop.pass_by()
    with shop.later(LOOKS):
        shop.sql("DROP INDEX parcels_code_idx")
        shop.ask()
        past = memory.earlier(shop.world.store, "main", timedelta(minutes=15))
        found = diagnose(shop.target, Asked(complaint.read("the page is slow"), past=past))
        assert [one.cause for one in found.causes] == ["missing_index"]
        facts = [one.fact for one in found.causes[0].evidence if one.source == "earlier looks"]
        assert any("; before " in fact for fact in facts)
        assert any("parcels_code_idx" in fact for fact in facts)
        assert not found.unknown
        assert found.changes is not None


NEWEST = "SELECT id, note FROM parcels ORDER BY made DESC LIMIT 5"


def test_a_plan_that_turned_worse_for_no_other_cause_is_one_and_its_remedy_helps(shop: Shop) -> None:
    def newest() -> None:
        shop.sql(*[NEWEST] * 20)

    shop.sql(
        "ALTER TABLE parcels ADD made timestamptz",
        "UPDATE parcels SET made = timestamptz '2026-01-01' + id * interval '1 s'",
        "CREATE INDEX parcels_made_idx ON parcels (made)",
        "VACUUM FULL ANALYZE parcels",
    )
    shop.pass_by(ask=newest)
    with shop.later(LOOKS):
        shop.sql("DROP INDEX parcels_made_idx")
        newest()
        past = memory.earlier(shop.world.store, "main", timedelta(minutes=15))
        asked = Asked(complaint.read("the page is slow"), past=past)
        root = diagnose(shop.target, asked).causes[0]
        assert (root.cause, root.objects) == ("plan_regression", ("public.parcels: parcels_made_idx",))
        assert root.rejected
        assert probe(shop.target, root.json()["probe"]) == "red"
        shop.sql(*root.remedy.sql)
        assert probe(shop.target, root.json()["probe"]) == "green"
        newest()
        assert "plan_regression" not in [one.cause for one in diagnose(shop.target, asked).causes]


def test_a_worse_plan_for_no_reason_that_is_seen_is_told_as_such(shop: Shop) -> None:
    view = "CREATE OR REPLACE VIEW one_parcel AS SELECT p.id, p.note FROM parcels p WHERE p.id = {}"

    def ask() -> None:
        shop.sql(*["SELECT note FROM one_parcel"] * 20)

    shop.sql(view.format("7"))
    shop.pass_by(ask=ask)
    with shop.later(LOOKS):
        shop.sql(view.format("(SELECT count(*) - 19993 FROM parcels q WHERE q.note > '')"))
        ask()
        asked = Asked(
            complaint.read("the page is slow"), past=memory.earlier(shop.world.store, "main", timedelta(minutes=15))
        )
        root = diagnose(shop.target, asked).causes[0]
        assert root.cause == "plan_regression"
        assert root.title == "A statement does far more for the same rows than before: SELECT note FROM one_parcel."
        assert probe(shop.target, root.json()["probe"]) == "red"
        ask()
        assert probe(shop.target, root.json()["probe"]) == "red"
        shop.sql(view.format("7"), *root.remedy.sql)
        ask()
        assert probe(shop.target, root.json()["probe"]) == "green"
        assert "plan_regression" not in [one.cause for one in diagnose(shop.target, asked).causes]


def test_a_server_that_goes_on_as_before_is_left_alone(shop: Shop) -> None:
    shop.pass_by()
    with shop.later(LOOKS):
        shop.ask()
        found = diagnose(shop.target, Asked(past=memory.earlier(shop.world.store, "main", timedelta(minutes=15))))
        assert (found.causes, found.unknown, found.coverage) == ((), (), 1.0)
        assert found.changes is not None
        assert not any("FROM parcels" in one["statement"] for one in found.changes["statements"])


def test_looks_that_were_kept_in_another_form_are_passed_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(store)
    monkeypatch.setattr(memory, "FORM", memory.FORM + 1)
    with store.transaction() as conn:
        assert memory.recall(conn, "main", clock.now()).looks == ()


def test_without_a_store_nobody_knows_what_was_before(shop: Shop) -> None:
    unknown = {one["check"]: one for one in diagnose(shop.target).unknown}
    assert unknown["past"]["causes"] == ["plan_regression"]
    assert "no store is at hand" in unknown["past"]["because"]
    shop.look()
    with shop.later(1):
        past = memory.earlier(shop.world.store, "main", timedelta(minutes=15))
        unknown = {one["check"]: one for one in diagnose(shop.target, Asked(past=past)).unknown}
        assert "1 look from before" in unknown["past"]["because"]
        assert "it takes 4" in unknown["past"]["because"]


def open_incident(shop: Shop) -> int:
    with shop.world.store.transaction() as conn:
        return transitions.open_incident(
            conn, title="The site is slow", severity="P1", severity_rank=1, severity_reason="said so", target="main", group_key=None,
            symptom="slow", declared_by=FIRELINE, detected_at=clock.now() - timedelta(seconds=30), response=None,
        )  # fmt: skip


def test_an_incident_tells_once_what_changed_since_before_it_began(shop: Shop) -> None:
    shop.pass_by()
    with shop.later(LOOKS - 1), clock.moved(timedelta(seconds=60)):
        shop.sql("SELECT pg_sleep(3.5) AS a_new_report")
        incident = open_incident(shop)
        assessment.assess(shop.world, incident)
        assessment.assess(shop.world, incident, fresh=True)
        with shop.world.store.transaction() as conn:
            told = [row["payload"] for row in timeline.read(conn, incident) if row["kind"] == "changed"]
            began = memory.began(conn, "main")
    (event,) = told
    (line,) = [line for line in event["statements"] if "a_new_report" in line]
    assert ": new; now " in line
    assert began is not None
    assert datetime.fromisoformat(event["since"]) == began
    assert "that do something else than before it began: " in sentence("changed", "fireline", event)
    with shop.world.store.transaction() as conn:
        row = conn.execute("SELECT count(*) AS n FROM statement_look").fetchone()
    assert row is not None
    assert row["n"] == LOOKS + 1  # the second look of the incident came too soon after the first


def kept(store: Store, at: timedelta = timedelta()) -> None:
    snapshot = look(statement(BY_EMAIL))
    with store.transaction() as conn:
        memory.keep(conn, "main", replace(snapshot, taken_at=clock.now() + at))


def count(store: Store, table: str) -> int:
    with store.transaction() as conn:
        row = conn.execute(f"SELECT count(*) AS n FROM {table}".encode()).fetchone()
    return int(row["n"]) if row else 0


def test_what_is_kept_comes_back_as_it_was(store: Store) -> None:
    kept(store)
    with store.transaction() as conn:
        past = memory.recall(conn, "main", clock.now())
        assert memory.recall(conn, "other", clock.now()).looks == ()
    (one,) = past.looks
    seen = of(replace(look(statement(BY_EMAIL)), taken_at=one.at))
    assert seen == one
    (known,) = past.known.values()
    assert (known.text, known.role, known.database, known.first_at) == (BY_EMAIL, "web", "app", one.at)


def test_two_looks_at_once_are_kept_as_one_and_a_text_once(store: Store) -> None:
    kept(store)
    kept(store, timedelta(seconds=5))
    assert count(store, "statement_look") == 1
    with clock.moved(timedelta(minutes=5)):
        kept(store)
    assert [count(store, table) for table in ("statement_look", "statement", "plan_ground")] == [2, 1, 1]


def test_what_is_old_is_forgotten_and_a_text_last(store: Store) -> None:
    kept(store)
    with clock.moved(timedelta(days=3, minutes=1)), store.transaction() as conn:
        memory.forget(conn)
    assert [count(store, table) for table in ("statement_look", "statement", "plan_ground")] == [0, 1, 1]
    with clock.moved(timedelta(days=5, minutes=1)), store.transaction() as conn:
        memory.forget(conn)
    assert [count(store, table) for table in ("statement", "plan_ground")] == [0, 0]


def test_no_secret_of_a_statement_is_kept(store: Store) -> None:
    secret = statement("ALTER ROLE web PASSWORD 'hunter2-secret'")
    with store.transaction() as conn:
        memory.keep(conn, "main", look(secret))
        rows = conn.execute("SELECT text FROM statement").fetchall()
    assert "hunter2" not in str(rows)


def test_a_look_that_saw_no_statements_keeps_nothing(store: Store) -> None:
    with store.transaction() as conn:
        memory.keep(conn, "main", NOTHING_SEEN)
    assert count(store, "statement_look") == 0


def test_a_store_that_is_away_is_told_and_stops_nobody() -> None:
    away = Store("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    past = memory.earlier(away, "main", timedelta(minutes=15))
    assert past.looks == ()
    assert past.missing.startswith("the store, which keeps earlier looks, does not answer")


def test_the_trouble_of_long_ago_is_no_measure(store: Store) -> None:
    with store.transaction() as conn:
        assert memory.began(conn, "main") is None
