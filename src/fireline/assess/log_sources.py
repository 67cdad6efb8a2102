"""Where a server's log is to be had, and its end from there: the file that was named, a file on this machine, the
journal, through the server itself, Supabase. The first that has it is taken; what was in the way of the others is told.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from fireline import clock
from fireline.assess import supabase_log
from fireline.assess.snapshot import Snapshot
from fireline.postgres import conf_files, journal, log_tail, machine, seen_outside
from fireline.postgres.connect import Connection, Target
from fireline.postgres.log_envelopes import IDENT
from fireline.postgres.log_tail import Tail
from fireline.postgres.machine import Whereabouts
from fireline.settings import SupabaseSettings

SYSTEM_LOGS = Path("/var/log")
_SYSLOG_FILES = ("postgresql/*", "postgresql*", "pgsql*", "syslog", "messages")  # below that folder
NOT_FOUND = "the log of this server was not found; give it with --log-file"
_WHERE = """
SELECT has_function_privilege('pg_current_logfile()', 'EXECUTE') AS may_ask,
    CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END AS folder,
    has_function_privilege('pg_read_binary_file(text,bigint,bigint)', 'EXECUTE') AS may_read,
    pg_postmaster_start_time() AS started, current_setting('log_destination') AS destination,
    current_setting('syslog_ident') AS ident
"""
_FILE = "SELECT pg_current_logfile() AS file"
_Way = Callable[[], Tail | None]


@dataclass(frozen=True)
class _Kept:
    """How a server on this machine keeps its log, as it says itself or as its files say."""

    here: Whereabouts
    destination: str = "stderr"
    ident: str = IDENT
    file: str = ""  # of its collector, below the data folder

    @property
    def to_syslog(self) -> bool:
        """Whether it is given to syslog, or to the journal in its stead."""
        return "syslog" in self.destination

    @property
    def to_files(self) -> bool:
        """Whether it is written anywhere else."""
        return self.destination.strip() != "syslog"


def connected(conn: Connection, sofar: Snapshot, since: datetime) -> Tail:
    """The log of the server that answers. Raises OSError with what was in the way of each source."""
    if sofar.asked.log_file is not None:
        return named(sofar.asked.log_file, since)
    row = conn.execute(_WHERE).fetchone()
    assert row is not None
    asked = conn.execute(_FILE).fetchone() if row["may_ask"] else None
    conn.rollback()  # no transaction waits for a disk, a program or somebody else's server
    file = (asked["file"] if asked else None) or ""
    parts = {"host": conn.info.host, "port": conn.info.port}
    here = machine.serving(parts, row["started"], row["folder"])
    if here.data is None:
        here = seen_outside.answering(parts, row["started"], row["folder"])
    kept = _Kept(here, row["destination"], row["ident"], file)

    def by_server() -> Tail | None:
        if not file:
            return None
        if not row["may_read"]:
            raise OSError(f"the role may not read the log {file}; grant it pg_read_server_files, or give --log-file")
        try:
            tail = log_tail.of_server(conn, file, since)
        except psycopg.Error as refused:
            raise OSError(f"the log {file} can not be read: {refused.diag.message_primary or refused}") from None
        if tail is None:
            raise OSError(f"the log {file} is not there")
        return tail

    found, reasons = _first([*_local(kept, since), by_server, *_elsewhere(sofar.at, since)])
    if found is None:
        raise OSError("; ".join(reasons) or NOT_FOUND)
    return found


def alone(target: Target, sofar: Snapshot, since: datetime) -> Tail | None:
    """The log of a server that does not answer, as far as this machine or its provider has it; None: nothing is known of it.

    Raises OSError with what was in the way.
    """
    if sofar.asked.log_file is not None:
        return named(sofar.asked.log_file, since)
    ways: list[_Way] = []
    if sofar.away is None or sofar.away.kind != "dsn":
        parts = dict(conninfo_to_dict(target.dsn.reveal()))
        here = machine.find(parts)
        if here.data is None:
            here = seen_outside.configured(parts)
        ways += _local(_as_configured(here), since)
    found, reasons = _first([*ways, *_elsewhere(target, since)])
    if found is None and reasons:
        raise OSError("; ".join(reasons))
    return found


def named(path: Path, since: datetime) -> Tail:
    """The end of a log that was named: a file in any format, a file of the journal, or a folder of those."""
    if path.suffix == ".journal" or path.is_dir():
        return journal.of_server(since, place=path)
    return log_tail.of_file(path, since)


def _as_configured(here: Whereabouts) -> _Kept:
    """As the configuration says, of a server that can not be asked."""
    if here.data is None:
        return _Kept(here)
    said = conf_files.settings(here.config or here.data / "postgresql.conf")
    said = said | conf_files.settings(here.data / "postgresql.auto.conf")
    return _Kept(here, said.get("log_destination", "stderr"), said.get("syslog_ident", IDENT))


def _first(ways: Iterable[_Way]) -> tuple[Tail | None, list[str]]:
    """What the first way gives that has something to read, and what was in the way of those before."""
    reasons: list[str] = []
    for way in ways:
        try:
            if (tail := way()) is not None:
                return tail, reasons
        except OSError as fault:
            told = _in_words(fault)
            reasons += [told] if told not in reasons else []
    return None, reasons


def _in_words(fault: OSError) -> str:
    """What was in the way, and who may, where that is a matter of rights."""
    if not (fault.filename and fault.strerror):
        return str(fault)
    if not isinstance(fault, PermissionError):
        return f"{fault.filename}: {fault.strerror}"
    path = Path(str(fault.filename))
    with suppress(OSError, KeyError):
        if path.stat().st_mode & stat.S_IRGRP:
            return f"this account may not read {path}; the group {path.group()} may"
    return f"this account may not read {fault.filename}"


def _local(kept: _Kept, since: datetime) -> Iterator[_Way]:
    """The ways on this machine, if the server is of this machine."""
    here = kept.here
    if here.data is None and here.log is None:
        return
    if kept.to_files:
        yield from (_read(path, since) for path in _files(kept))
    if kept.to_syslog:
        yield lambda: in_syslog(SYSTEM_LOGS, kept.ident, since)
    output = here.postmaster.output if here.postmaster else ""
    if kept.to_syslog or not output or output.startswith("socket:"):
        yield lambda: _in_journal(kept, since)


def _read(path: Path, since: datetime) -> _Way:
    def way() -> Tail | None:
        try:
            return log_tail.of_file(path, since)
        except FileNotFoundError:
            return None

    return way


def _files(kept: _Kept) -> Iterator[Path]:
    """Where its file may lie here."""
    if kept.here.data is not None and kept.file:
        yield kept.here.data / kept.file
    if kept.here.log is not None:
        yield kept.here.log


def in_syslog(folder: Path, ident: str, since: datetime) -> Tail | None:
    """What the server of this name said in the newest syslog file that has words of it."""
    files: list[tuple[float, Path]] = []
    for pattern in _SYSLOG_FILES:
        files += [(path.stat().st_mtime, path) for path in folder.glob(pattern) if path.is_file()]
    refused: OSError | None = None
    for _, path in sorted(files, reverse=True):
        try:
            tail = log_tail.of_file(path, since, ident)
        except PermissionError as fault:
            refused = refused or fault
            continue
        if tail.form == "syslog" and tail.said:
            return tail
    if refused is not None:
        raise refused
    return None


def _in_journal(kept: _Kept, since: datetime) -> Tail | None:
    postmaster = kept.here.postmaster
    if postmaster is not None and postmaster.unit:
        tail = journal.of_unit(postmaster.unit, since)
        if tail.said:
            return tail
    tail = journal.of_server(since, data=kept.here.data, pid=postmaster.pid if postmaster else 0, ident=kept.ident)
    return tail if tail.said else None


def _elsewhere(target: Target | None, since: datetime) -> Iterator[_Way]:
    project: SupabaseSettings | None = target.supabase if target else None
    if project is not None:
        yield lambda: supabase_log.read(project, since, clock.now())
