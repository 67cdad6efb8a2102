"""Tables come near the end of their transaction ids, and one old transaction or slot keeps vacuum from freezing them."""

# ruff: noqa: S608 - only numbers, moments and texts as SQL literals go into these texts
from __future__ import annotations

import shlex

from fireline.assess.checks.databases import Database
from fireline.assess.checks.horizon import Holder, Horizon
from fireline.assess.held_back import LABELS, WORDS, freeze_limit, held_for, oldest_database, pressed, same
from fireline.assess.quoting import literal
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import shortened
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Severity, Verdict

LABEL = "wraparound_pressure_holder"
_LAST, FAR = 2**31 - 3_000_000, 1_600_000_000  # the server stops writing; vacuum leaves out all that can be left out


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The oldest holder, when a database has reached its freeze limit (asked about it: half of it) and it is why."""
    holder, oldest, horizon = pressed(snapshot), oldest_database(snapshot), snapshot.last("horizon", Horizon)
    if holder is None or oldest is None or horizon is None:
        return ()
    return (_verdict(snapshot, horizon, holder, oldest),)


def _verdict(snapshot: Snapshot, horizon: Horizon, one: Holder, oldest: Database) -> Verdict:
    limit = int(freeze_limit(snapshot))
    severity: Severity = "critical" if oldest.frozen_age >= FAR else "high" if oldest.frozen_age >= limit else "medium"
    tables = [
        table for table in horizon.old if table.age >= 0.8 * min(limit, oldest.frozen_age) and not table.temporary
    ]
    others = [each for each in horizon.holders if each is not one]
    return Verdict(
        cause=LABEL,
        title=f"The {WORDS[one.kind]} {_name(one)} is so old that tables can not be frozen, and transaction ids run out.",
        severity=severity,
        confidence=0.95 if one.oldest >= 0.9 * min(limit, oldest.frozen_age) else 0.75,
        objects=(_name(one), f"database {oldest.name}", *(table.name for table in tables[:3])),
        evidence=(
            _fact(horizon, one),
            Evidence(
                "pg_database",
                f"database {oldest.name} is {oldest.frozen_age} transactions old; autovacuum_freeze_max_age is {limit};"
                f" {max(_LAST - oldest.frozen_age, 0)} are left until the server stops writing",
            ),
            *(Evidence("pg_class", f"{table.name} is {table.age} transactions old") for table in tables[:2]),
        ),
        explains=("warnings about wraparound", "aggressive vacuum runs again and again"),
        rejected=(
            Rejected(
                "autovacuum_disabled_table",
                f"no vacuum can freeze what the {WORDS[one.kind]} {_name(one)} may still see",
            ),
            *_others(one, others),
        ),
        remedy=Cure(
            text=f"{_end(one)} Then vacuum freezes the tables; autovacuum does it by itself, or begin with the oldest, here or in"
            f" database {oldest.name}. Do not raise autovacuum_freeze_max_age: that only moves the day.",
            sql=(
                _sql(one),
                *(f"VACUUM (FREEZE) {table.name}" for table in tables[:3] if one.database in (None, horizon.current)),
            ),
            level="reversible" if one.kind in ("session", "standby") else "destructive",
            command=f"fireline resolve terminate-session {one.pid} --target {shlex.quote(snapshot.target)}"
            if one.kind == "session"
            else None,
        ),
        probe=Probe(_seen(one), "rows = 0"),
    )


def _name(one: Holder) -> str:
    return f"pid {one.pid}" if one.kind in ("session", "standby") else one.name


def _fact(horizon: Horizon, one: Holder) -> Evidence:
    since = held_for(horizon.at, one)
    if one.kind == "session":
        whose = f"{one.application or one.owner}@{one.client or 'local'}"
        last = f"; last statement: {shortened(one.query)}" if one.query else ""
        return Evidence(
            "pg_stat_activity",
            f"pid {one.pid} ({whose}) is {one.state}, open{since}; it holds back {one.oldest} transactions{last}",
        )
    if one.kind == "prepared":
        return Evidence(
            "pg_prepared_xacts",
            f"{one.name} of {one.owner} is prepared{since}; it holds back {one.oldest} transactions",
        )
    source = "pg_replication_slots" if one.kind == "slot" else "pg_stat_replication"
    return Evidence(
        source, f"{one.name} ({one.application}) is {one.state}{since}; it holds back {one.oldest} transactions"
    )


def _others(one: Holder, others: list[Holder]) -> tuple[Rejected, ...]:
    """Why the other kinds of holder are not it; a slot that is old is told as one."""
    told = []
    for kind, label in LABELS.items():
        there = max((each.oldest for each in others if each.kind == kind), default=None)
        fact = (
            f"no other {WORDS[kind]} holds back anything"
            if there is None
            else f"the next {WORDS[kind]} holds back {there}, this one {one.oldest}"
        )
        told.append(Rejected(label, f"{fact}; and the freeze limit is reached" if kind == one.kind else fact))
    return tuple(told)


def _end(one: Holder) -> str:
    if one.kind == "session":
        loses = (
            "its uncommitted changes are lost" if one.wrote else "it has written nothing, so only an open read is lost"
        )
        return f"End pid {one.pid} ({one.application or one.owner}): {loses}."
    if one.kind == "prepared":
        return f"Ask the transaction manager what became of {one.name}; roll it back, or COMMIT PREPARED. Neither can be undone."
    if one.kind == "slot":
        return f"If nobody needs the slot {one.name} any more, drop it: its consumer then has to begin anew. Else start the consumer."
    return f"End the old query on the standby {one.application}, or switch its hot_standby_feedback off; ending pid {one.pid} lets it connect anew."


def _sql(one: Holder) -> str:
    if one.kind in ("session", "standby"):
        return f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {same(one)}"
    return (
        f"ROLLBACK PREPARED {literal(one.name)}"
        if one.kind == "prepared"
        else f"SELECT pg_drop_replication_slot({literal(one.name)})"
    )


def _seen(one: Holder) -> str:
    if one.kind in ("session", "standby"):
        return f"SELECT pid FROM pg_stat_activity WHERE {same(one)}"
    if one.kind == "prepared":
        return f"SELECT gid FROM pg_prepared_xacts WHERE gid = {literal(one.name)}"
    return f"SELECT slot_name FROM pg_replication_slots WHERE slot_name = {literal(one.name)} AND NOT active"


cause = Cause(LABEL, "storage", judge, ("horizon", "databases"), ("wraparound",))
