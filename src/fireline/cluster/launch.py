"""Making the data of a cluster and starting its server; what runs already is `cluster`'s business."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping

from fireline.cluster import postmaster
from fireline.cluster.account import Account
from fireline.cluster.binaries import Binaries
from fireline.cluster.folder import Folder, move, write_private
from fireline.errors import ClusterError

SUPERUSER = "postgres"
SOCKET_PORT = 5432  # of a server without TCP: only a part of the socket's name, in a private folder
_PASSES = ("could not bind", "could not create any TCP/IP sockets", "is still in use")  # tried again


def initdb(folder: Folder, account: Account, binaries: Binaries, *, fsync: bool) -> None:
    """Make the data beside and rename it: a crash half-way leaves nothing that looks like a cluster."""
    place = folder.place(account)
    fresh, word = place / "data.new", place / "superuser.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    write_private(word, folder.password().reveal())
    account.own(fresh)
    account.own(word)
    options = ["--auth=scram-sha-256", f"--pwfile={word}", "--encoding=UTF8", "--no-locale", "-U", SUPERUSER]
    options += ["--data-checksums"]  # as by default from 18 on: a page that the disk spoilt is noticed
    if binaries.major >= 17:  # noqa: PLR2004 - since then a UTF-8 locale that no operating system can change
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not fsync:
        options += ["--no-sync"]
    done = account.run([binaries.program("initdb"), "-D", str(fresh), *options])
    word.unlink()
    if done.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        raise ClusterError(f"initdb failed: {last_line(done.stderr)}", hint=f"It ran in {place} as {account.name}.")
    with (fresh / "postgresql.conf").open("a") as conf:
        conf.write("include_if_exists = 'fireline.conf'\n")
    move(fresh, place / "data")


def write_settings(folder: Folder, account: Account, settings: Mapping[str, str]) -> None:
    """Write the configuration that the next start reads; ALTER SYSTEM goes over it."""
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
    conf = folder.data / "fireline.conf"
    write_private(conf, "".join(lines))
    account.own(conf)


def launch(folder: Folder, account: Account, binaries: Binaries, deadline: float, *, tcp: bool) -> None:
    """Start the server in a session of its own, so that Ctrl-C does not reach it; returns when it is ready.

    Raises ClusterError with the server's own words when it ends, or when it is not ready by the deadline.
    """
    postmaster.forget_stranger(folder.data)
    while True:
        before = folder.open_log()
        process = _spawn(folder, account, binaries, _free_port() if tcp else SOCKET_PORT, tcp=tcp)
        while process.poll() is None:
            found = postmaster.running(folder.data)
            if found and found.ready and found.pid == process.pid:
                return
            if time.monotonic() > deadline:
                raise ClusterError(
                    "PostgreSQL is not ready yet; it may be recovering from a crash",
                    hint=f"See {folder.log}, wait, and start again.",
                )
            time.sleep(0.02)
        said = folder.log.read_bytes()[before:].decode(errors="replace")
        if time.monotonic() > deadline or not any(words in said for words in _PASSES):
            raise ClusterError(f"PostgreSQL did not start: {_fault(said)}", hint=f"See {folder.log}.")
        time.sleep(0.1)


def _spawn(folder: Folder, account: Account, binaries: Binaries, port: int, *, tcp: bool) -> subprocess.Popen[bytes]:
    sockets = folder.socket(account, port)
    for leftover in sockets.glob(".s.PGSQL.*"):
        leftover.unlink()
    network = {
        "port": str(port),
        "listen_addresses": "127.0.0.1" if tcp else "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
    }
    argv = [binaries.program("postgres"), "-D", str(folder.data)]
    argv += [word for name, value in network.items() for word in ("-c", f"{name}={value}")]
    with folder.log.open("ab") as log:
        process = account.start(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    postmaster.keep(process)
    return process


def until(done: Callable[[], bool], deadline: float) -> bool:
    """Whether it came to be before the deadline."""
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def last_line(text: str) -> str:
    """What a program said last."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"


def _fault(said: str) -> str:
    """The server's own reason in one line: the fatal one, or for a fault in the configuration the first, which names it."""
    lines = [line.partition(":  ")[2].strip() for line in said.splitlines() if "LOG:  " in line or "FATAL:  " in line]
    if not lines:
        return last_line(said)
    return lines[0] if "contains errors" in lines[-1] else lines[-1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
