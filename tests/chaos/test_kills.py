"""kill -9 of a worker at each state of a step: reads run again, changes are known by their transaction or unknown, never run twice."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psycopg
import pytest

from tests.chaos.dying import COUNT_ONE, approved, counted, ended, free_store, hang_store, hung
from tests.chaos.stage import Stage, until
from tests.run.scene import action, shell, sql, step

pytestmark = pytest.mark.chaos


def test_killed_before_its_intent_was_written_the_step_runs_once(stage: Stage) -> None:
    stage.patient("CREATE TABLE counted (n int)")
    first = stage.worker()
    hang_store(stage, "attempt", "intent")
    run = approved(stage, sql(COUNT_ONE, level="reversible"))
    until(lambda: hung(stage), "the worker writes its intent")
    stage.kill(first)
    free_store(stage, "attempt")
    stage.worker()
    assert ended(stage, run) == "succeeded"
    assert counted(stage) == 1


def test_killed_between_intent_and_beginning_nothing_was_changed_and_it_says_so(stage: Stage) -> None:
    stage.patient("CREATE TABLE counted (n int)")
    first = stage.worker()
    hang_store(stage, "attempt", "running")
    run = approved(stage, sql(COUNT_ONE, level="reversible"))
    until(lambda: hung(stage), "the worker begins")
    stage.kill(first)
    free_store(stage, "attempt")
    stage.worker()
    assert ended(stage, run) == "failed"
    assert counted(stage) == 0


def test_killed_while_the_statement_runs_the_server_rolls_it_back_and_is_believed(stage: Stage) -> None:
    stage.patient("CREATE TABLE counted (n int)")
    first = stage.worker()
    with psycopg.connect(stage.target.dsn.reveal()) as blocker:
        blocker.execute("LOCK TABLE counted IN ACCESS EXCLUSIVE MODE")
        run = approved(stage, {**sql(COUNT_ONE, level="reversible"), "timeout": "60s"})
        until(lambda: stage.states(run) == ["running"], "the statement waits")
        stage.kill(first)
    second = stage.worker()
    assert second.poll() is None
    assert ended(stage, run) == "failed"
    assert counted(stage) == 0


def test_killed_while_the_commit_is_under_way_the_server_commits_and_is_believed(stage: Stage) -> None:
    stage.patient("CREATE TABLE counted (n int)")
    stage.patient(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1.5); RETURN NULL; END'"
    )
    stage.patient(
        "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON counted DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()"
    )
    first = stage.worker()
    run = approved(stage, sql(COUNT_ONE, level="reversible"))
    until(
        lambda: stage.patient("SELECT 1 AS yes FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'"),
        "it commits",
    )
    stage.kill(first)
    stage.worker()
    assert ended(stage, run) == "succeeded"
    assert counted(stage) == 1


def test_killed_while_a_command_runs_the_outcome_is_unknown_and_it_is_not_run_again(stage: Stage) -> None:
    first = stage.worker()
    run = approved(stage, shell("echo once >> ran; sleep 60"))
    until((stage.folder / "ran").exists, "the command runs")
    stage.kill(first)
    stage.worker()
    assert ended(stage, run) == "unknown"
    until(lambda: not _commands(run), "nothing of it is left")
    assert (stage.folder / "ran").read_text() == "once\n"


def _commands(run: int) -> list[Path]:
    """Processes of the steps of this test."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and b"echo once >> ran" in (entry / "cmdline").read_bytes():
                found.append(entry)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("state", ["intent", "running"])
def test_killed_in_a_read_it_runs_again(stage: Stage, state: str) -> None:
    first = stage.worker()
    hang_store(stage, "attempt", state)
    run = stage.start(sql("SELECT 1 AS one"))
    until(lambda: hung(stage), "the read begins")
    stage.kill(first)
    free_store(stage, "attempt")
    stage.worker()
    assert ended(stage, run) == "succeeded"
    attempts = [row["state"] for row in stage.rows("SELECT state FROM attempt WHERE run_id = %s ORDER BY id", run)]
    assert attempts == (["succeeded"] if state == "intent" else ["unknown", "succeeded"])


def test_another_worker_takes_over_within_ten_seconds(stage: Stage) -> None:
    first = stage.worker()
    second = stage.worker()
    run = approved(stage, shell("sleep 60"))
    until(lambda: stage.states(run) == ["running"], "the command runs")
    holder = stage.rows("SELECT lease_by FROM run WHERE id = %s", run)[0]["lease_by"]
    victim = first if holder.endswith(f":{first.pid}") else second
    stage.kill(victim)
    began = time.monotonic()
    assert ended(stage, run) == "unknown"
    assert time.monotonic() - began < 13  # ten, and what two busy cores add
    assert second.poll() is None or first.poll() is None


def test_a_frozen_worker_that_wakes_late_writes_nothing(stage: Stage) -> None:
    frozen = stage.worker()
    run = approved(stage, shell("sleep 4; echo late"))
    until(lambda: stage.states(run) == ["running"], "the command runs")
    frozen.send_signal(signal.SIGSTOP)
    stage.worker()
    assert ended(stage, run) == "unknown"
    before = stage.rows("SELECT * FROM attempt WHERE run_id = %s", run)
    frozen.send_signal(signal.SIGCONT)
    until(
        lambda: "lease lost" in stage.logs() or "taken" in stage.logs(), "the frozen worker sees that it was replaced"
    )
    assert stage.rows("SELECT * FROM attempt WHERE run_id = %s", run) == before
    assert stage.states(run) == ["unknown"]


def test_the_store_may_go_away_and_come_back_under_a_worker(stage: Stage) -> None:
    stage.worker()
    run = stage.start(step("manual"), sql("SELECT 1"))
    until(lambda: stage.states(run) == ["waiting", "planned"], "it waits")
    with psycopg.connect(stage.store_url, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    until(lambda: _tick(stage, run), "the store answers again")
    until(lambda: stage.states(run) == ["succeeded", "succeeded"], f"the worker goes on; {stage.logs()}")


def _tick(stage: Stage, run: int) -> bool:
    try:
        stage.say("run.tick", run=run, step=1)
    except psycopg.OperationalError:
        return False
    return True


def test_killed_in_an_undo_it_ends_as_unknown_and_can_be_asked_for_again(stage: Stage) -> None:
    stage.patient("CREATE TABLE counted (n int)")
    first = stage.worker()
    back = action("sql", "DELETE FROM counted")
    run = approved(stage, {**sql(COUNT_ONE, level="reversible"), "undo": back})
    assert ended(stage, run) == "succeeded"
    with psycopg.connect(stage.target.dsn.reveal()) as blocker:
        blocker.execute("LOCK TABLE counted IN ACCESS EXCLUSIVE MODE")
        _undo(stage, run)
        until(lambda: undos(stage, run) == ["running"], "the undo waits")
        stage.kill(first)
    stage.worker()
    until(lambda: undos(stage, run) == ["unknown"], f"the undo ends; {stage.logs()}")
    _undo(stage, run)
    until(lambda: undos(stage, run) == ["unknown", "succeeded"], f"the undo is done; {stage.logs()}")
    assert counted(stage) == 0


def _undo(stage: Stage, run: int) -> None:
    stage.say("run.undo", run=run, step=1)
    stage.say("run.approve", run=run, step=1)


def undos(stage: Stage, run: int) -> list[str]:
    rows = stage.rows("SELECT state FROM attempt WHERE run_id = %s AND kind = 'undo' ORDER BY id", run)
    return [row["state"] for row in rows]
