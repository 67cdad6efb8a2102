"""kill -9 of the store, and of the server, at each state of a step: what was decided stands, and no change happens twice."""

from __future__ import annotations

import threading

import httpx
import psycopg
import pytest

from fireline.cluster import Cluster
from tests.chaos.dying import COUNT_ONE, approved, counted, ended, free_store, hang_store, hung, kill_store
from tests.chaos.stage import Stage, until
from tests.chaos.test_random import AWAY, server_url
from tests.run.scene import shell, sql

pytestmark = pytest.mark.chaos


def revive(stage: Stage, mortal: Cluster, table: str = "") -> None:
    """Kill the store, start it again, and let writing go on."""
    kill_store(mortal)
    mortal.start()
    if table:
        free_store(stage, table)


def waits(stage: Stage, run: int, state: str) -> None:
    """Wait until the run's step is in a state."""
    until(lambda: stage.states(run) == [state], f"the step is {state}; {stage.logs()}")


@pytest.mark.parametrize(("state", "outcomes"), [("intent", {"succeeded"}), ("running", {"failed", "succeeded"})])
def test_the_store_dies_while_the_state_of_a_change_is_written(
    doomed: Stage, mortal: Cluster, state: str, outcomes: set[str]
) -> None:
    doomed.patient("CREATE TABLE counted (n int)")
    doomed.worker()
    hang_store(doomed, "attempt", state)
    run = approved(doomed, sql(COUNT_ONE, level="reversible"))
    until(lambda: hung(doomed), f"the worker writes {state}")
    revive(doomed, mortal, "attempt")
    how = ended(doomed, run)
    assert how in outcomes
    assert counted(doomed) == (how == "succeeded")


def test_the_store_dies_while_the_statement_of_a_change_runs(doomed: Stage, mortal: Cluster) -> None:
    doomed.patient("CREATE TABLE counted (n int)")
    doomed.worker()
    with psycopg.connect(doomed.target.dsn.reveal()) as blocker:
        blocker.execute("LOCK TABLE counted IN ACCESS EXCLUSIVE MODE")
        run = approved(doomed, {**sql(COUNT_ONE, level="reversible"), "timeout": "60s"})
        waits(doomed, run, "running")
        revive(doomed, mortal)
    how = ended(doomed, run)
    assert how in ("succeeded", "failed")
    assert counted(doomed) == (how == "succeeded")


def test_the_store_dies_while_the_success_of_a_change_is_written(doomed: Stage, mortal: Cluster) -> None:
    doomed.patient("CREATE TABLE counted (n int)")
    doomed.worker()
    hang_store(doomed, "attempt", "succeeded")
    run = approved(doomed, sql(COUNT_ONE, level="reversible"))
    until(lambda: hung(doomed), "the worker writes how it ended")
    assert counted(doomed) == 1
    revive(doomed, mortal, "attempt")
    assert ended(doomed, run) == "succeeded"
    assert counted(doomed) == 1


def test_the_store_dies_while_a_command_runs_and_it_runs_once(doomed: Stage, mortal: Cluster) -> None:
    doomed.worker()
    run = approved(doomed, shell("echo once >> ran; sleep 3"))
    until((doomed.folder / "ran").exists, "the command runs")
    revive(doomed, mortal)
    assert ended(doomed, run) in ("succeeded", "unknown")
    assert (doomed.folder / "ran").read_text() == "once\n"


def test_the_store_dies_in_a_read_and_it_is_read_again(doomed: Stage, mortal: Cluster) -> None:
    doomed.worker()
    hang_store(doomed, "attempt", "running")
    run = doomed.start(sql("SELECT 1 AS one"))
    until(lambda: hung(doomed), "the read begins")
    revive(doomed, mortal, "attempt")
    assert ended(doomed, run) == "succeeded"


def test_the_store_dies_while_somebody_approves_and_the_approval_is_given_or_asked_for_again(
    doomed: Stage, mortal: Cluster
) -> None:
    doomed.patient("CREATE TABLE counted (n int)")
    doomed.worker()
    run = doomed.start(sql(COUNT_ONE, level="reversible"))
    waits(doomed, run, "waiting")
    hang_store(doomed, "approval", "given")
    refused: list[bool] = []

    def approve() -> None:
        try:
            doomed.say("run.approve", run=run, step=1)
        except AWAY:
            refused.append(True)

    yes = threading.Thread(target=approve)
    yes.start()
    until(lambda: hung(doomed), "the approval is written")
    revive(doomed, mortal, "approval")
    yes.join()
    assert refused == [True]
    assert counted(doomed) == 0
    waits(doomed, run, "waiting")
    doomed.say("run.approve", run=run, step=1)
    assert ended(doomed, run) == "succeeded"
    assert counted(doomed) == 1


def test_the_server_dies_while_somebody_approves_and_the_approval_is_asked_for_again(stage: Stage) -> None:
    stage.patient("CREATE TABLE counted (n int)")
    stage.say("person.add", name="ada", role="admin")
    token = stage.say("token.create", label="phone", person="ada")["token"]
    server, url = stage.spawn("server"), server_url(stage)
    stage.worker()
    run = stage.start(sql(COUNT_ONE, level="reversible"))
    waits(stage, run, "waiting")
    hang_store(stage, "approval", "given")
    answers: list[object] = []

    def approve() -> None:
        try:
            headers = {"Authorization": f"Bearer {token}"}
            answers.append(
                httpx.post(f"{url}/api/v1/run/approve", json={"run": run, "step": 1}, headers=headers, timeout=60)
            )
        except httpx.HTTPError as cut:
            answers.append(cut)

    yes = threading.Thread(target=approve)
    yes.start()
    until(lambda: hung(stage), "the approval is written")
    stage.kill(server)
    yes.join()
    assert isinstance(answers[0], httpx.HTTPError)
    free_store(stage, "approval")
    assert counted(stage) == 0
    assert stage.states(run) == ["waiting"]
    stage.say("run.approve", run=run, step=1)
    assert ended(stage, run) == "succeeded"
    assert counted(stage) == 1
