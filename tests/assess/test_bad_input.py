"""Targets that are wrong, poor or dying: a clear answer each, within the time limit."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline.assess import complaint
from fireline.assess.diagnose import diagnose, probe
from fireline.assess.look import checks, look
from fireline.assess.snapshot import Asked, Check, Snapshot
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Connection, Target
from fireline.redact import Secret
from tests import servers
from tests.assess.faults import Faults
from tests.assess.pooler import pooler

LIMIT = 5.0  # seconds; of a server that does not answer at all, what the DSN says


@contextmanager
def in_time(seconds: float = LIMIT) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def asking(statement: str) -> Any:
    def read(conn: Connection, sofar: Snapshot) -> Any:
        del sofar
        return conn.execute(statement.encode()).fetchall()

    return read


@pytest.mark.parametrize(
    ("dsn", "words"),
    [
        ("postgresql://web:secret-word@127.0.0.1:port/x", "port"),
        ("nonsense", "can not be read"),
        ("postgresql://x@127.0.0.1:1/x", r"nothing listens at 127\.0\.0\.1 port 1 \(tried: "),
        ("host=/nowhere/at/all user=x", r"nothing listens at /nowhere/at/all port 5432 \(tried: "),
        ("host=127.0.0.1 port=99999 user=x", "port"),
    ],
)
def test_a_wrong_dsn_ends_with_one_clear_line(dsn: str, words: str) -> None:
    with in_time(), pytest.raises(TargetUnavailable, match=words) as refused:
        diagnose(Target("main", Secret(dsn)))
    assert "secret-word" not in str(refused.value)
    assert "\n" not in refused.value.message
    assert refused.value.hint


def test_a_host_without_a_name_is_a_cause() -> None:
    gone = Target("main", Secret("postgresql://x@db.invalid/x?connect_timeout=2"))
    with in_time():
        assert [one.cause for one in diagnose(gone).causes] == ["host_name_unknown"]


def test_a_server_without_encryption_is_told_from_one_that_is_down() -> None:
    with servers.cluster(servers.embedded(), {}) as cluster:
        cluster.stop()
        cluster.tcp = True
        cluster.start()
        plain = Target("main", Secret(cluster.url(tcp=True) + "?sslmode=require"))
        with in_time():
            assert [one.cause for one in diagnose(plain).causes] == ["tls_refused"]


def test_a_role_without_any_rights_gets_an_answer_and_says_what_it_could_not_see(
    target: Target, faults: Faults
) -> None:
    faults.owner.execute("CREATE ROLE poor_role LOGIN PASSWORD 'poor-role-word'")
    try:
        poor = replace(
            target, dsn=Secret(make_conninfo(target.dsn.reveal(), user="poor_role", password="poor-role-word"))
        )
        faults.idle("import", "UPDATE orders SET n = 1 WHERE id = 1")
        faults.waiting("web", "UPDATE orders SET n = 2 WHERE id = 1")
        with in_time():
            found = diagnose(poor, Asked(complaint.read("updates hang")))
        unknown = {one["check"]: one["because"] for one in found.unknown}
        assert "grant it pg_monitor" in unknown["locks"]
        assert 0 < found.coverage < 1
    finally:
        faults.owner.execute("DROP ROLE poor_role")


def test_a_server_that_is_killed_in_the_middle_of_a_look_is_a_server_that_died() -> None:
    with servers.cluster(servers.embedded(), servers.PATIENT) as cluster:
        target, running = Target("main", Secret(cluster.url())), cluster.running
        assert running is not None

        def kill(conn: Connection, sofar: Snapshot) -> Any:
            children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
            os.kill(running.pid, signal.SIGKILL)
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
            time.sleep(0.2)
            return conn.execute("SELECT 1").fetchall()

        with in_time():
            seen = look(target, {"a": Check("a", asking("SELECT 1")), "kill": Check("kill", kill), **checks()})
        assert seen.away is not None
        assert seen.away.kind == "lost"
        assert seen.readings["a"]
        assert "kill" in seen.unknown
        with in_time():
            assert [one.cause for one in diagnose(target).causes] == ["server_not_running"]


def test_a_server_that_is_killed_at_any_moment_never_leaves_a_clean_bill() -> None:
    with servers.cluster(servers.embedded(), servers.PATIENT) as cluster:
        target, running = Target("main", Secret(cluster.url())), cluster.running
        assert running is not None
        timer = threading.Timer(0.1, os.kill, (running.pid, signal.SIGQUIT))
        timer.start()
        with in_time():
            assert _answer(target)
        timer.join()


def test_a_log_of_200_mb_does_not_hold_the_look_up(target: Target, tmp_path: Path) -> None:
    file = tmp_path / "large.log"
    stamp = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}.000 UTC"
    with file.open("wb") as out:
        out.truncate(200 * 2**20)
        out.seek(200 * 2**20)
        out.write(b"\n" + f"{stamp} [1] LOG:  duration: 7 ms  statement: SELECT {'x' * 150}\n".encode() * 30_000)
        out.write(f"{stamp} [1] ERROR:  disk quota of somebody exceeded\n".encode())
    with in_time(3):
        seen = look(target, {"log": checks()["log"]}, asked=Asked(log_file=file))
    assert [one.message for one in seen.readings["log"][-1].like("disk quota")] == ["disk quota of somebody exceeded"]


def test_a_pooler_in_transaction_mode_is_no_hindrance_and_keeps_nothing_of_ours() -> None:
    with servers.cluster(servers.embedded(), servers.PATIENT) as cluster:
        cluster.stop()
        cluster.tcp = True
        cluster.start()
        with pooler(cluster.url(tcp=True), default_pool_size="2") as reached:
            target = Target("main", Secret(reached))
            holder = psycopg.connect(cluster.url())
            with psycopg.connect(cluster.url(), autocommit=True) as conn:
                conn.execute("CREATE TABLE orders (id int PRIMARY KEY, n int); INSERT INTO orders VALUES (1, 1)")
                holder.execute("UPDATE orders SET n = 2")
                waiter = threading.Thread(target=_wait, args=(cluster.url(),))
                waiter.start()
                _until(conn, "SELECT FROM pg_locks WHERE NOT granted")
                with in_time():
                    found = diagnose(target, Asked(complaint.read("updates hang")))
                assert [one.cause for one in found.causes][:1] == ["idle_in_tx_row_lock"]
                assert probe(target, found.causes[0].json()["probe"]) == "red"
                holder.close()
                waiter.join(5)
            with psycopg.connect(reached, prepare_threshold=None) as app:  # what the application gets afterwards
                assert app.execute("SHOW statement_timeout").fetchone() == ("0",)
                assert app.execute("SHOW default_transaction_read_only").fetchone() == ("off",)


def test_a_pooler_whose_server_is_down_is_told_from_the_server() -> None:
    with servers.cluster(servers.embedded(), servers.PATIENT) as cluster:
        cluster.stop()
        cluster.tcp = True
        cluster.start()
        with pooler(cluster.url(tcp=True)) as reached:
            cluster.stop("immediate")
            with in_time(20):
                found = diagnose(Target("main", Secret(f"{reached} connect_timeout=10")))
            assert [one.cause for one in found.causes] == ["pooler_without_server"]


def _answer(target: Target) -> bool:
    """Whether a diagnosis names a cause, or says that it could not be made and what was tried."""
    try:
        return bool(diagnose(target).causes)
    except TargetUnavailable as lost:
        return "tried: " in lost.message


def _wait(url: str) -> None:
    with psycopg.connect(url) as conn:
        conn.execute("UPDATE orders SET n = 3")


def _until(conn: psycopg.Connection[Any], question: str) -> None:
    end = time.monotonic() + 10
    while not conn.execute(question.encode()).fetchall():
        assert time.monotonic() < end, f"never seen: {question}"
        time.sleep(0.02)
