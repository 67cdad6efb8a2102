"""A real PgBouncer in front of a server, in transaction mode; skipped with a reason where it is not installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests import servers

PROGRAM = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
PATIENCE = 10.0


@contextmanager
def pooler(dsn: str, **settings: str) -> Iterator[str]:
    """A DSN that leads to the same database by a pooler."""
    if not Path(PROGRAM).exists():
        pytest.skip("PgBouncer is not installed (apt-get install pgbouncer)")
    parts = conninfo_to_dict(dsn)
    with servers.private_folder() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        folder.chmod(0o755)
        (folder / "users.txt").write_text(f'"{parts["user"]}" "{parts["password"]}"\n')
        wanted = {
            "listen_addr": "127.0.0.1", "listen_port": str(port), "unix_socket_dir": "", "auth_type": "plain",
            "auth_file": str(folder / "users.txt"), "pool_mode": "transaction", "server_connect_timeout": "2", "query_wait_timeout": "3",
            **settings,
        }  # fmt: skip
        where = f"host={parts['host']} port={parts.get('port', 5432)} password={parts['password']}"
        lines = "".join(f"{name} = {value}\n" for name, value in wanted.items())
        (folder / "ini").write_text(f"[databases]\n* = {where}\n[pgbouncer]\n{lines}")
        with (folder / "out").open("wb") as out:
            process = subprocess.Popen([PROGRAM, *_somebody(), str(folder / "ini")], stdout=out, stderr=out)
        try:
            reached = make_conninfo(dsn, host="127.0.0.1", port=port)
            _until_up(reached, process, folder / "out")
            yield reached
        finally:
            process.kill()
            process.wait()


def _somebody() -> list[str]:
    """PgBouncer refuses root."""
    if os.geteuid() != 0:
        return []
    for name in ("postgres", "nobody"):
        if any(one.pw_name == name for one in pwd.getpwall()):
            return ["-u", name]
    pytest.skip("PgBouncer refuses root, and there is no account postgres or nobody")


def _until_up(dsn: str, process: subprocess.Popen[bytes], out: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        assert process.poll() is None, out.read_text()
        try:
            psycopg.connect(dsn, connect_timeout=3).close()
        except psycopg.OperationalError as refused:
            if "refused" not in str(refused):
                return
            time.sleep(0.05)
        else:
            return
    raise AssertionError(out.read_text())
