"""kill -9 in the night: nothing acknowledged is lost, and nothing that changes is run twice."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest

from fireline.errors import FirelineError
from tests.acceptance.place import Place, waits

pytestmark = pytest.mark.chaos


def workers(there: Place) -> list[int]:
    with psycopg.connect(there.store()) as conn:
        rows = conn.execute("SELECT pid FROM fireline.worker ORDER BY seen_at DESC").fetchall()
    return [pid for (pid,) in rows if Path(f"/proc/{pid}").exists()]


def test_a_change_whose_worker_dies_is_unknown_and_is_not_run_again(there: Place) -> None:
    run = there.cli("run", "start", "Database Performance Issues", "--target", "main")["run"]
    there.run(run, lambda view: view["state"] == "waiting")
    log = there.home.folder / "began"
    command = f"echo began >> {log}; sleep 5; echo ended >> {log}"
    there.cli("run", "replace", str(run), "4", command, "--language", "bash", "--reason", "to be cut off")
    step = waits({"runs": [there.run(run, lambda view: (waits({"runs": [view]}) or {}).get("replaced"))]})
    assert step is not None
    there.cli("approve", str(run), "4", "--hash", step["approval"]["content_hash"], "--level", "reversible")
    end = time.monotonic() + 20
    while not log.exists():
        assert time.monotonic() < end, "the step did not begin"
        time.sleep(0.05)
    (worker,) = workers(there)
    os.kill(worker, signal.SIGKILL)
    seen = there.run(run, lambda view: view["steps"][3]["state"] == "unknown")
    assert seen["steps"][3]["actions"][0] == "decide"
    there.cli("run", "decide", str(run), "4", "worked", "--reason", "looked at the file")
    there.run(run, lambda view: view["state"] == "succeeded" or view["steps"][3]["state"] == "succeeded")
    assert log.read_text().count("began") == 1


def test_no_alert_that_was_answered_is_lost_when_everything_is_killed(there: Place) -> None:
    up = there.home.pid
    assert up is not None
    children = [int(one) for one in Path(f"/proc/{up}/task/{up}/children").read_text().split()]
    answers = [there.post(shop=f"s{number}") for number in range(20)]
    assert {answer.status_code for answer in answers} == {202}
    for pid in (up, *children):
        os.kill(pid, signal.SIGKILL)
    there.start_again()
    shops = {f"s{number}" for number in range(20)}
    seen = there.person.watch(
        lambda: {one["labels"].get("shop") for one in there.call("alert.list", limit=100)}, lambda s: s >= shops, 40
    )
    assert seen >= shops
    with pytest.raises(FirelineError):
        there.call("alert.show", alert=10_000)
