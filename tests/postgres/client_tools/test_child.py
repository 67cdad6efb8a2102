from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from fireline.errors import Refused
from fireline.postgres.cancel import StatementFailed
from fireline.postgres.client_tools import NEWER_SETTING, ToolFailed, environment, find, run
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.redact import Secret

ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def sh(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


def gone(pid: int) -> bool:
    """Whether a process has ended, also when nobody has reaped it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.01)


def test_it_is_fed_from_a_reader_and_its_words_are_handed_on() -> None:
    given, got, lines = os.urandom(3_000_000), list[bytes](), list[str]()
    run(sh("cat; echo one >&2; printf two >&2"), ENV, watch=Watch(), stdin=io.BytesIO(given), on_output=got.append,
        on_line=lines.append)  # fmt: skip
    assert b"".join(got) == given
    assert lines == ["one", "two"]


def test_a_program_that_says_much_while_it_is_fed_does_not_stop() -> None:
    lines = list[str]()
    chatter = "head -c 500000 /dev/zero | tr '\\0' 'x' | fold >&2; cat >/dev/null; seq 20000 >&2"
    run(sh(chatter), ENV, watch=Watch(), stdin=io.BytesIO(b"y" * 3_000_000), on_line=lines.append)
    assert lines[-1] == "20000"


def test_a_failure_is_told_with_the_first_error_line_and_secrets_masked() -> None:
    Secret("hunter22")
    words = "echo 'sh: warning: careful' >&2; echo 'sh: error: no hunter22' >&2; echo 'sh: error: a worker died' >&2; exit 3"
    with pytest.raises(ToolFailed) as failed:
        run(sh(words), ENV, watch=Watch())
    assert failed.value.message.startswith("sh failed: no ")
    assert "hunter22" not in failed.value.message
    assert "worker died" not in failed.value.message
    assert len(failed.value.said) == 3


def test_a_failure_without_words_tells_the_status() -> None:
    with pytest.raises(ToolFailed, match="sh failed: exit status 5"):
        run(sh("exit 5"), ENV, watch=Watch())


def test_a_program_that_was_killed_is_told_as_such() -> None:
    with pytest.raises(ToolFailed, match="sh was ended by SIGKILL"):
        run(sh("kill -KILL $$"), ENV, watch=Watch())


def test_a_program_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="/nowhere/psql can not be run"):
        run(["/nowhere/psql"], ENV, watch=Watch())


def test_one_that_ends_well_before_it_has_read_everything_has_failed() -> None:
    with pytest.raises(ToolFailed, match="ended before it had read everything"):
        run(sh("head -c 10 >/dev/null"), ENV, watch=Watch(), stdin=io.BytesIO(b"x" * 5_000_000))


class Broken(io.RawIOBase):
    """A file that is cut: some bytes, then an error."""

    def __init__(self, first: bytes) -> None:
        self.left = first

    def read(self, size: int = -1, /) -> bytes:
        if not self.left:
            raise Refused("the file is cut")
        given, self.left = self.left, b""
        return given


def test_when_the_reader_breaks_the_program_never_sees_an_end(tmp_path: Path) -> None:
    took_it_for_the_end = tmp_path / "committed"
    with pytest.raises(Refused, match="the file is cut"):
        run(sh(f"cat >/dev/null; touch {took_it_for_the_end}"), ENV, watch=Watch(), stdin=Broken(b"some"))
    assert not took_it_for_the_end.exists()


def test_when_the_reader_breaks_psql_commits_nothing(patient: Target) -> None:
    psql = find(18).program("psql")
    with environment(patient.dsn) as access:
        argv = [psql, "-Xqw1", "--set=ON_ERROR_STOP=1", f"--dbname={access.conninfo}"]
        whole = b"CREATE TABLE t (n int);\n"
        with pytest.raises(Refused, match="the file is cut"):
            run(argv, access.env, watch=Watch(), stdin=Broken(whole))
        with psycopg.connect(patient.dsn.reveal()) as conn:
            assert conn.execute("SELECT to_regclass('t')").fetchone() == (None,)
        run(argv, access.env, watch=Watch(), stdin=io.BytesIO(whole))


def test_psql_that_stops_at_an_error_is_told_with_the_line(patient: Target) -> None:
    psql = find(18).program("psql")
    script = b"SELECT 1;\nSELECT * FROM nowhere;\n" + b"SELECT 1;\n" * 200_000
    with environment(patient.dsn) as access:
        argv = [psql, "-Xqw", "--set=ON_ERROR_STOP=1", "--file=-", f"--dbname={access.conninfo}"]
        with pytest.raises(ToolFailed, match=r'psql failed: .*:2: ERROR:  relation "nowhere" does not exist'):
            run(argv, access.env, watch=Watch(), stdin=io.BytesIO(script))


def test_cancelling_ends_it_and_all_it_started(tmp_path: Path) -> None:
    watch, pids = Watch(), tmp_path / "pids"

    def cancel() -> None:
        wait_until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
        watch.cancel.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(StatementFailed) as stopped:
        run(sh(f"sleep 600 & echo $! $$ > {pids}; wait"), ENV, watch=watch)
    thread.join()
    assert stopped.value.state == "cancelled"
    assert all(gone(int(pid)) for pid in pids.read_text().split())


def test_somebody_may_have_a_reason_to_end_it() -> None:
    asked = iter([None, None, "others have waited for it too long"])
    with pytest.raises(ToolFailed, match="others have waited"):
        run(sh("exec sleep 600"), ENV, watch=Watch(), enough=lambda: next(asked))


def test_it_dies_with_us_and_its_own_workers_too(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import sys; from fireline.postgres.client_tools import run; from fireline.postgres.watch import Watch;"
        f"run(['/bin/sh', '-c', 'sleep 600 & echo $! $$ > {pids}; wait'], {ENV!r}, watch=Watch())"
    )
    us = subprocess.Popen([sys.executable, "-c", code])
    wait_until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    assert not any(gone(int(pid)) for pid in pids.read_text().split())
    us.send_signal(signal.SIGKILL)
    us.wait()
    wait_until(lambda: all(gone(int(pid)) for pid in pids.read_text().split()))


def test_an_error_that_is_harmless_is_forgiven_and_any_other_ends_it(tmp_path: Path) -> None:
    forgiven, later = "echo 'sh: error: known' >&2; ", tmp_path / "later"
    known = re.compile("known")
    run(sh(forgiven + "exit 1"), ENV, watch=Watch(), harmless=known)
    with pytest.raises(ToolFailed, match="sh failed: another"):
        run(
            sh(f"{forgiven} echo 'sh: error: another' >&2; sleep 600; touch {later}"),
            ENV,
            watch=Watch(),
            harmless=known,
        )
    assert not later.exists()
    with pytest.raises(ToolFailed, match="sh failed"):
        run(sh(forgiven + "exit 2"), ENV, watch=Watch(), harmless=known)


@pytest.mark.debian15
@pytest.mark.parametrize("options", [["--single-transaction"], ["--jobs=2"], []])
def test_a_newer_pg_restore_gets_a_dump_into_an_older_server(
    options: list[str], patient15: Target, tmp_path: Path
) -> None:
    tools, path = find(18), tmp_path / "new.dump"
    with psycopg.connect(patient15.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (1); CREATE TABLE u (n int PRIMARY KEY)")
        with environment(patient15.dsn) as access:
            run(
                [tools.program("pg_dump"), "-Fc", f"--file={path}", f"--dbname={access.conninfo}"],
                access.env,
                watch=Watch(),
            )
            conn.execute("DROP TABLE t, u")
            argv = [tools.program("pg_restore"), *options, f"--dbname={access.conninfo}", str(path)]
            if "--single-transaction" in options:  # there nothing can be forgiven
                with pytest.raises(ToolFailed, match="transaction_timeout"):
                    run(argv, access.env, watch=Watch())
                return
            run(argv, access.env, watch=Watch(), harmless=NEWER_SETTING)
            assert conn.execute("SELECT count(*) FROM t").fetchone() == (1,)
            with pytest.raises(ToolFailed, match=r'relation "t" already exists|relation "u" already exists'):
                run(argv, access.env, watch=Watch(), harmless=NEWER_SETTING)
