"""One transaction locks so many tables that the table of locks, which all sessions share, is full."""

from __future__ import annotations

import shlex

from fireline.assess.checks.lock_table import LockTable, Taker
from fireline.assess.checks.settings import Settings
from fireline.assess.held_up import moment
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import shortened
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "lock_table_exhausted"
_WORDS = r"out of shared memory|max_locks_per_transaction"
_FULL, _HALF, _ALL = 0.8, 0.5, 0.97
_SETTING = "max_locks_per_transaction"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The table of locks is nearly full; or somebody complains that it was."""
    table, settings = snapshot.last("lock_table", LockTable), snapshot.last("settings", Settings)
    if settings is None:
        return ()
    held = table.held if table else 0
    room = capacity(settings)
    told = snapshot.complaint.says(_WORDS) is not None
    asked = snapshot.complaint.about("memory") and held >= _HALF * room
    return (_verdict(snapshot, settings, table, room),) if told or asked or held >= _FULL * room else ()


def capacity(settings: Settings) -> int:
    """How many locks the table was made for; a little more fit in."""
    workers = settings.number("autovacuum_worker_slots") or settings.number("autovacuum_max_workers", 3)
    backends = settings.number("max_connections", 100) + workers + 1 + settings.number("max_worker_processes", 8)
    backends += settings.number("max_wal_senders", 10) + settings.number("max_prepared_transactions")
    return int(settings.number(_SETTING, 64) * backends)


def _verdict(snapshot: Snapshot, settings: Settings, table: LockTable | None, room: int) -> Verdict:
    held = table.held if table else 0
    first = table.takers[0] if table and table.takers else None
    taker = first if first and first.pid and first.held >= _HALF * held and held >= _HALF * room else None
    now = held >= _HALF * room
    setting = int(settings.number(_SETTING, 64))
    told = snapshot.complaint.says(_WORDS)
    return Verdict(
        cause=LABEL,
        title="The table of locks that all sessions share is full: one transaction locks too many tables."
        if now
        else "The table of locks that all sessions share ran full: a transaction locks too many tables.",
        severity="critical" if held >= _ALL * room or (told and now) else "high",
        confidence=0.95 if now else 0.75,
        objects=(_SETTING, *((f"pid {taker.pid}",) if taker else ())),
        evidence=(
            Evidence("pg_locks", f"{held} locks are held in a table made for about {room}"),
            *((Evidence("pg_locks", _fact(first)),) if first else ()),
            Evidence("pg_settings", f"{_SETTING} is {setting}, max_connections {settings.value('max_connections')}"),
        ),
        explains=("out of shared memory", "statements on many partitions fail"),
        rejected=(
            Rejected(
                "out_of_memory", "the machine's memory is not it: the server says shared memory, and locks fill it"
            )
            if told
            else Rejected("out_of_memory", f"{held} of about {room} locks are taken"),
            Rejected("idle_in_tx_table_lock", "the statements fail, they do not wait"),
        ),
        remedy=_end(snapshot, taker, setting) if taker else _raise(setting),
        probe=Probe("SELECT count(*) AS locks FROM pg_locks WHERE NOT fastpath", f"locks < {int(_HALF * room)}")
        if now
        else Probe(f"SELECT setting::int AS locks FROM pg_settings WHERE name = '{_SETTING}'", f"locks > {setting}"),  # noqa: S608
    )


def _fact(one: Taker) -> str:
    if one.pid is None:
        return f"a prepared transaction holds {one.held} of them"
    whose = f"{one.application or one.user or 'unknown'}@{one.client or 'local'}"
    return f"pid {one.pid} ({whose}), {one.state}, holds {one.held} of them; last statement: {shortened(one.query)}"


def _end(snapshot: Snapshot, one: Taker, setting: int) -> Cure:
    begun = f"xact_start = {moment(one.xact_start)}" if one.xact_start else "xact_start IS NULL"
    return Cure(
        text=f"End pid {one.pid}: its uncommitted changes are lost, and its locks are free at once. Then let that job work in"
        f" batches, a commit after each; or raise {_SETTING} from {setting}, which needs a restart.",
        sql=(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = {one.pid}"  # noqa: S608 - numbers and moments
            f" AND backend_start = {moment(one.backend_start)} AND {begun}",
        ),
        level="reversible",
        command=f"fireline resolve terminate-session {one.pid} --target {shlex.quote(snapshot.target)}",
    )


def _raise(setting: int) -> Cure:
    return Cure(
        text=f"Let the job that locks so many tables or partitions work in batches, a commit after each; or raise {_SETTING},"
        " which takes a little memory and holds after a restart.",
        sql=(f"ALTER SYSTEM SET {_SETTING} = {max(setting * 4, 256)}",),
        level="reversible",
        undo=(f"ALTER SYSTEM SET {_SETTING} = {setting}",),
    )


cause = Cause(LABEL, "locks", judge, ("lock_table", "settings"), ("memory",))
