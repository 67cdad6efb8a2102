"""A session that keeps dead rows alive."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.xmin_held_by_session import judge
from fireline.assess.checks.settings import Settings
from tests.assess.judging import complaining
from tests.assess.kept import ago, bloated, facts, holder, horizon, the, why_not
from tests.assess.readings import database, settings, snapshot

ASKED = "the table orders grows and grows though VACUUM runs"


def test_dead_rows_that_a_vacuum_left_name_the_idle_session_with_what_to_do() -> None:
    found = the(judge(snapshot(horizon(holder("session")), bloated())))
    assert found.confidence > 0.9
    assert found.objects == ("pid 41", 'public."Orders"')
    assert "pid 41 (report@local) is idle in transaction, its transaction open for 4 min" in facts(found)
    assert "50000 dead rows beside 10000 live ones" in facts(found)
    assert found.remedy.sql[0].startswith(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = 41 AND backend_start = "
    )
    assert found.remedy.sql[1] == 'VACUUM (ANALYZE) public."Orders"'
    assert found.remedy.command == "fireline resolve terminate-session 41 --target main"
    assert "vacuumed, and the dead rows stayed" in why_not(found)["autovacuum_disabled_table"]
    assert why_not(found)["xmin_held_by_slot"] == "no replication slot holds back anything"


def test_a_vacuum_before_the_transaction_began_tells_nothing_of_it() -> None:
    assert judge(snapshot(horizon(holder("session")), bloated(vacuumed=600))) == ()
    assert judge(snapshot(horizon(holder("session")), bloated(vacuumed=None))) == ()
    assert judge(snapshot(horizon(holder("session")), bloated(dead=500, live=10))) == ()


def test_a_complaint_names_it_seconds_after_and_without_a_vacuum() -> None:
    seen = snapshot(horizon(holder("session", since=ago(1.2), age=2)), bloated(vacuumed=None))
    assert judge(seen) == ()
    found = the(judge(complaining(seen, ASKED)))
    assert found.confidence < 0.7
    assert "a vacuum could not remove" in why_not(found)["autovacuum_disabled_table"]


def test_a_moment_a_report_at_work_another_database_and_autovacuum_are_no_holders() -> None:
    for harmless in (
        holder("session", since=ago(0.3)),
        holder("session", state="active"),
        holder("session", database="other"),
        holder("session", type="autovacuum worker"),
    ):
        assert judge(complaining(snapshot(horizon(harmless), bloated(vacuumed=None)), ASKED)) == ()
    assert judge(complaining(snapshot(horizon(), bloated()), ASKED)) == ()


def test_idle_for_long_while_many_transactions_went_by_is_enough() -> None:
    old = holder("session", since=ago(3600), age=20_000)
    assert the(judge(snapshot(horizon(old)))).severity == "medium"
    assert judge(snapshot(horizon(replace(old, age=300)))) == ()


def test_when_ids_run_out_that_is_the_matter_unless_bloat_is_asked_about() -> None:
    pressed = snapshot(
        horizon(holder("session", age=210_000_000)),
        bloated(),
        ("databases", database(frozen_age=220_000_000)),
        ("settings", _limit()),
    )
    assert judge(pressed) == ()
    assert judge(complaining(pressed, ASKED))


def _limit() -> Settings:
    return settings(autovacuum_freeze_max_age=200_000_000)
