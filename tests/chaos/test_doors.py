"""No acknowledged alert is lost and none is doubled: servers, workers and the store die, go away, fill up, under load."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from fireline import clock
from fireline.cluster import Cluster
from tests.chaos.dying import kill_store
from tests.chaos.senders import Storm
from tests.chaos.stage import Stage, until

pytestmark = pytest.mark.chaos

LONG = bool(os.environ.get("FIRELINE_CHAOS_LONG"))  # scripts/chaos --doors: as many and as long as the contract says
RATE = 1_000 if LONG else 300
TOTAL = 30_000 if LONG else 2_400
STORM = 50_000 if LONG else 4_000
INCIDENTS = 50_000 if LONG else 400  # each of a key of its own
MEMORY = 400 * 1024  # kB of server and worker


def noted(stage: Stage) -> str:
    """Where the server says that it answers; a sender asks again for each connection."""
    try:
        return str(json.loads((stage.folder / "state" / "server.json").read_text())["url"])
    except (OSError, ValueError, KeyError) as none:
        raise OSError("no server") from none


def begin(stage: Stage, pid: int) -> None:
    """Wait for the server of this process."""
    path = stage.folder / "state" / "server.json"
    until(lambda: path.exists() and json.loads(path.read_text())["pid"] == pid, f"the server answers; {stage.logs()}")


def storm(stage: Stage, total: int = TOTAL, *, keys: int = 40, **how: int) -> Storm:
    """A storm that has begun."""
    made = Storm(lambda: noted(stage), total, keys=keys, **{"rate": RATE, **how})
    made.start()
    return made


def all_is_there(stage: Stage, sent: Storm) -> None:
    """Every acknowledged alert is a signal, and in an alert, exactly once."""
    sent.join(240)
    assert not sent.is_alive(), f"the storm does not end: {sent.answers}"
    assert len(sent.acknowledged) == sent.total, sent.answers
    assert not [status for status in sent.answers if 400 <= status < 500], sent.answers
    waits = "SELECT 1 AS waits FROM signal WHERE taken_at IS NULL LIMIT 1"
    until(lambda: not stage.rows(waits), f"all signals are taken; {stage.logs()}", seconds=3_600 if LONG else 120)
    kept = stage.rows(
        "SELECT (one.value ->> 'number')::int AS number, count(*) AS often, count(DISTINCT signal.uid) AS ids FROM signal,"
        " jsonb_array_elements(CASE WHEN jsonb_typeof(body) = 'array' THEN body ELSE jsonb_build_array(body) END) AS one"
        " GROUP BY 1"
    )
    found = {row["number"]: row["often"] for row in kept}
    assert set(found) == set(range(sent.total)), f"{sent.total - len(found)} are lost"
    again = sum(found.values()) - sent.total
    unheard = sum(number for status, number in sent.answers.items() if status != 202) * sent.batch
    assert again <= unheard, f"{again} are doubled, and {unheard} were sent again by their sender"
    heard = stage.rows("SELECT count(*) AS alerts, sum(count) AS heard FROM alert")[0]
    assert heard["alerts"] == min(sent.keys, sent.total)
    assert heard["heard"] == sum(found.values())


def resident(*pids: int) -> int:
    """Memory in kB that these processes hold together, at most since their start."""
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


@pytest.fixture
def manned(doomed: Stage) -> Stage:
    """A server and a worker on a store that may be killed."""
    begin(doomed, doomed.spawn("server").pid)
    doomed.worker()
    return doomed


def half_way(sent: Storm, share: float = 0.4) -> None:
    until(lambda: len(sent.acknowledged) > sent.total * share, f"the storm is on its way; {sent.answers}", seconds=120)


def test_the_server_is_killed_in_a_storm(manned: Stage) -> None:
    sent = storm(manned)
    half_way(sent)
    manned.kill(manned.processes[0])
    begin(manned, manned.spawn("server").pid)
    all_is_there(manned, sent)


def test_the_worker_is_killed_in_a_storm(manned: Stage) -> None:
    sent = storm(manned)
    half_way(sent)
    manned.kill(manned.processes[1])
    manned.worker()
    all_is_there(manned, sent)


def test_the_store_is_killed_in_a_storm_and_no_sender_is_turned_away(manned: Stage, mortal: Cluster) -> None:
    sent = storm(manned)
    half_way(sent)
    kill_store(mortal)
    time.sleep(2)
    mortal.start()
    all_is_there(manned, sent)
    assert set(sent.answers) == {202}


def test_the_store_is_away_for_long_the_server_dies_meanwhile_and_the_next_one_has_its_journal(
    manned: Stage, mortal: Cluster
) -> None:
    seconds = 20 if LONG else 4
    sent = storm(manned, RATE * (seconds + 5))
    half_way(sent, 0.1)
    mortal.stop("immediate")
    journal = manned.folder / "state" / "journal"
    until(lambda: any(path.stat().st_size for path in journal.glob("*.journal")), "the journal is written")
    time.sleep(seconds / 2)
    manned.kill(manned.processes[0])
    server = manned.spawn("server")
    begin(manned, server.pid)
    assert b'"signals": 0' not in httpx.get(f"{noted(manned)}/healthz/doors", timeout=5).content
    time.sleep(seconds / 2)
    mortal.start()
    all_is_there(manned, sent)
    until(lambda: not list(journal.iterdir()), "nothing is left in the journal")


def test_the_store_is_frozen_and_then_goes_on(manned: Stage, mortal: Cluster) -> None:
    """Whoever waits for it is cut off, its signals go to the journal, and what the store did after all is not done twice."""
    sent = storm(manned, RATE * 12)
    half_way(sent, 0.1)
    ours = "SELECT pid FROM pg_stat_activity WHERE application_name = 'fireline-commit'"
    pids = [row["pid"] for row in manned.rows(ours)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        journal = manned.folder / "state" / "journal"
        until(lambda: any(journal.glob("*.journal")), "the journal is written")
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    all_is_there(manned, sent)


def with_little_room(stage: Stage) -> subprocess.Popen[bytes]:
    """A server whose journal stands on a disk of 400 kB, in a mount of its own that ends with it."""
    room = stage.folder / "room"
    room.mkdir()
    alone = ["unshare", "--user", "--map-root-user", "--mount"]
    if subprocess.run(
        [*alone, "mount", "-t", "tmpfs", "tmpfs", str(room)], check=False, capture_output=True
    ).returncode:
        pytest.skip("a small disk can not be mounted here (user namespaces are switched off)")
    script = f'mount -t tmpfs -o size=400k tmpfs "{room}" && exec "{sys.executable}" -m fireline server'
    environment = {
        "FIRELINE_CONFIG": str(stage.folder / "fireline.toml"), "FIRELINE__SERVER__JOURNAL_FOLDER": str(room)
    }  # fmt: skip
    with (stage.folder / "little.log").open("wb") as log:
        process = subprocess.Popen(
            [*alone, "sh", "-c", script],
            cwd=stage.folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )  # fmt: skip
    stage.processes.append(process)
    return process


def test_the_journals_disk_is_full_and_what_was_acknowledged_is_whole(doomed: Stage, mortal: Cluster) -> None:
    begin(doomed, with_little_room(doomed).pid)
    doomed.worker()
    mortal.stop("immediate")
    sent = storm(doomed, 6_000, keys=40, rate=0)
    until(lambda: sent.answers.get(503, 0) > 50, f"the disk is full; {sent.answers}")
    kept = httpx.get(f"{noted(doomed)}/healthz/doors", timeout=5).json()["journal"]
    assert 100 < kept["signals"] < 4_000
    assert kept["bytes"] < kept["most"] // 100
    mortal.start()
    all_is_there(doomed, sent)
    assert set(sent.answers) == {202, 503}


def test_senders_whose_clocks_are_wrong_are_taken_in_the_order_they_came(manned: Stage) -> None:
    for number, off in enumerate((timedelta(days=-400), timedelta(days=400), timedelta(hours=-1), timedelta(hours=1))):
        for status in ("firing", "resolved"):
            body = {"title": f"skew {number}", "dedup": f"skew-{number}", "status": status,
                    "startsAt": (clock.now() + off).isoformat(), "starts_at": (clock.now() + off).isoformat()}  # fmt: skip
            answer = httpx.post(f"{noted(manned)}/in/generic?token=a-token-of-the-test", json=body, timeout=10)
            assert answer.status_code == 202
    ended = "SELECT status FROM alert WHERE title LIKE 'skew %%'"
    until(lambda: [row["status"] for row in manned.rows(ended)] == ["resolved"] * 4, f"{manned.rows(ended)}")
    times = manned.rows("SELECT first_at, resolved_at, last_at FROM alert")
    assert all(abs(value - clock.now()) < timedelta(minutes=5) for row in times for value in row.values())


@pytest.mark.parametrize(("total", "keys", "batch"), [(STORM, 100, 1), (INCIDENTS, INCIDENTS, 20)])
def test_a_storm_is_taken_whole_and_memory_stays_flat(manned: Stage, total: int, keys: int, batch: int) -> None:
    sent = storm(manned, total, keys=keys, rate=0, batch=batch)
    all_is_there(manned, sent)
    assert resident(*(process.pid for process in manned.processes)) < MEMORY
