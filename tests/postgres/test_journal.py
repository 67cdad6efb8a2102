"""What servers said in the systemd journal; the journals are real, and so are the lines of a real server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from tempfile import gettempdir

import psycopg
import pytest

from fireline.postgres import journal as reading
from fireline.postgres.journal import of_server, of_unit
from tests import servers
from tests.postgres.journals import journal, needed, row

NOW = datetime.now(UTC)
MOST = 1000
LONG_AGO = NOW - timedelta(hours=1)
RUNUSER = shutil.which("runuser", path="/usr/sbin:/sbin:/usr/bin")
UNIT = "postgresql@15-main.service"


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@needed
def test_what_a_real_server_wrote_is_read_as_from_its_file(tmp_path: Path) -> None:
    with servers.cluster(servers.embedded(), {**servers.PATIENT, "log_line_prefix": "%m [%p] %q%u@%d "}) as cluster:
        with psycopg.connect(cluster.url(), autocommit=True) as conn, suppress(psycopg.Error):
            conn.execute("SELECT *\n  FROM nothing_here\n WHERE a = 1")
        log = next(
            path for path in cluster.folder.data.parent.rglob("*") if path.is_file() and "nothing_here" in _text(path)
        )
        lines = _text(log).splitlines()
    rows = [row(datetime.now(UTC), line, _SYSTEMD_UNIT=UNIT, _STREAM_ID="a" * 32) for line in lines]
    tail = of_unit(UNIT, LONG_AGO, place=journal(tmp_path / "x.journal", rows))
    (one,) = [one for one in tail.said if one.severity == "ERROR"]
    assert (one.message, one.user, one.database) == ('relation "nothing_here" does not exist', "postgres", "postgres")
    assert one.statement == "SELECT *\nFROM nothing_here\nWHERE a = 1"
    assert one.pid
    assert tail.whole
    assert tail.path == f"the journal of {UNIT}"
    assert "database system is ready to accept connections" in [one.message for one in tail.said]


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.stat().st_size < 1_000_000 else ""


@needed
def test_what_was_given_to_syslog_is_put_together_and_understood_in_any_language(tmp_path: Path) -> None:
    def sent(seconds: float, pid: int, message: str, priority: int) -> dict[str, str]:
        more: dict[str, str | int] = {"_TRANSPORT": "syslog", "SYSLOG_IDENTIFIER": "pgshop", "PRIORITY": priority}
        return row(ago(seconds), message, **more, _PID=pid, SYSLOG_PID=pid)

    file = journal(
        tmp_path / "x.journal",
        [
            sent(9, 7, "[8-1] web@shop ERROR:  division by zero", 4),
            sent(9, 8, "[5-1] web@shop LOG:  connection received: host=[local]", 6),
            sent(9, 7, "[8-2] web@shop STATEMENT:  SELECT 1", 4),
            sent(9, 7, "[8-3] \t / 0", 4),
            sent(8, 9, "[4-1] web@shop FEHLER:  Division durch Null", 4),
            sent(7, 9, "[5-1] web@shop FATAL:  Passwort-Authentifizierung\nfehlgeschlagen", 3),
        ],
    )
    tail = of_server(LONG_AGO, ident="pgshop", place=file)
    assert [(one.severity, one.message, one.pid) for one in tail.said] == [
        ("ERROR", "division by zero", 7),
        ("LOG", "connection received: host=[local]", 8),
        ("ERROR", "Division durch Null", 9),
        ("FATAL", "Passwort-Authentifizierung\nfehlgeschlagen", 9),
    ]
    assert tail.said[0].statement == "SELECT 1\n/ 0"
    assert tail.said[0].at
    assert abs(tail.said[0].at - ago(9)) < timedelta(milliseconds=1)  # the journal's own time, to the microsecond


@needed
def test_of_several_servers_only_the_one_that_is_meant_is_read_or_none(tmp_path: Path) -> None:
    file = journal(
        tmp_path / "x.journal",
        [
            row(ago(9), "ERROR:  mine", _SYSTEMD_UNIT=UNIT, _CMDLINE="postgres: web shop [local] idle", _PID=71),
            row(ago(8), "LOG:  ready", _SYSTEMD_UNIT=UNIT, _CMDLINE="/usr/bin/postgres -D /srv/mine", _PID=70),
            row(
                ago(7), "ERROR:  another's", _SYSTEMD_UNIT="b.service", _CMDLINE="/usr/bin/postgres -D /srv/b", _PID=80
            ),
            row(ago(6), "ERROR:  by hand", _STREAM_ID="c" * 32, _CMDLINE="/usr/bin/postgres -D /srv/c", _PID=90),
        ],
    )
    mine = of_server(LONG_AGO, data=Path("/srv/mine"), place=file)
    assert [one.message for one in mine.said] == ["mine", "ready"]
    assert UNIT in mine.path
    assert [one.message for one in of_server(LONG_AGO, pid=90, place=file).said] == ["by hand"]
    with pytest.raises(OSError, match=f"several servers write to the journal .*b.service.*{UNIT}"):
        of_server(LONG_AGO, data=Path("/srv/other"), place=file)


@needed
def test_only_what_was_said_since_the_moment_and_the_newest_of_a_flood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_LINES", MOST)
    flood = [row(ago(1900 - number), f"ERROR:  number {number}", _SYSTEMD_UNIT=UNIT) for number in range(MOST + 9)]
    file = journal(tmp_path / "x.journal", [row(ago(5000), "ERROR:  old", _SYSTEMD_UNIT=UNIT), *flood])
    tail = of_unit(UNIT, ago(3000), place=file)
    assert not tail.whole
    assert len(tail.said) == MOST
    assert tail.said[-1].message == f"number {MOST + 8}"
    late = of_unit(UNIT, ago(1200), place=file)
    assert late.whole
    assert late.said
    assert all(one.at and one.at >= ago(1200) for one in late.said)


@needed
def test_odd_bytes_and_long_lines_are_read(tmp_path: Path) -> None:
    rows = [row(ago(5), f"ERROR:  \x1b[31mé {'x' * 9000}", _SYSTEMD_UNIT=UNIT)]
    (one,) = of_unit(UNIT, LONG_AGO, place=journal(tmp_path / "x.journal", rows)).said
    assert one.message.startswith("\x1b[31mé xxx")


@needed
@pytest.mark.skipif(RUNUSER is None or os.getuid() != 0, reason="only root can become somebody else")
def test_no_right_to_it_is_said_with_the_way_out(tmp_path: Path) -> None:
    file = journal(tmp_path / "x.journal", [row(ago(5), "ERROR:  x", _SYSTEMD_UNIT=UNIT)])
    file.chmod(0o600)
    for folder in takewhile(lambda one: one != Path(gettempdir()), (tmp_path, *tmp_path.parents)):
        folder.chmod(0o755)
    shut = subprocess.run(
        [str(RUNUSER), "-u", "nobody", "--", "journalctl", f"--directory={tmp_path}", "-o", "json", "-n1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    with pytest.raises(OSError, match="add it to the group systemd-journal or adm"):
        reading.explain(shut.stderr, shut.returncode)


def test_a_machine_without_a_journal_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OSError, match="journalctl is not on this machine"):
        of_unit(UNIT, LONG_AGO)


def test_a_journal_that_does_not_answer_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "journalctl"
    slow.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(reading, "SECONDS", 0.2)
    with pytest.raises(OSError, match=r"gave nothing within 0\.2 s"):
        of_unit(UNIT, LONG_AGO)
