"""Cures that only the team's code can hold: the statement is written anew, then its old figures are forgotten. Pure.

While the old statement still runs, its figures come back, so the probe tells whether it is gone.
"""

# ruff: noqa: S608 - only numbers and a quoted schema go into these texts
from __future__ import annotations

from collections.abc import Sequence

from fireline.assess.checks.statements import Statement, Statements
from fireline.assess.quoting import ident
from fireline.assess.slow import Slow
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cure, Probe

_MOST = 5


def forget(
    snapshot: Snapshot, slows: Sequence[Slow], text: str, sql: tuple[str, ...] = (), undo: tuple[str, ...] = ()
) -> Cure:
    """What to write, and the statement that sets the old figures to nought, for when that is done."""
    again = resets(snapshot, [one.statement for one in slows if one.statement])
    then = (
        " When the new one is out, forget the figures of the old one: they come back if it still runs." if again else ""
    )
    return Cure(text=f"{text}{then}", sql=(*sql, *again), level="reversible", undo=undo)


def resets(snapshot: Snapshot, known: Sequence[Statement]) -> tuple[str, ...]:
    """The statements that set the figures of these to nought."""
    return tuple(
        f"SELECT {_schema(snapshot)}.pg_stat_statements_reset({one.userid}, {one.dbid}, {one.queryid})"
        for one in known[:_MOST]
    )


def forgotten(snapshot: Snapshot, slows: Sequence[Slow]) -> Probe:
    """Green when the statements have no figures any more that cost as much as now."""
    known = [one.statement for one in slows if one.statement][:_MOST]
    if known:
        each = " OR ".join(
            f"(queryid = {one.queryid} AND userid = {one.userid} AND dbid = {one.dbid}"
            f" AND shared_blks_hit + shared_blks_read > calls * {max(round(one.blocks_per_call / 4), 1)})"
            for one in known
        )
        return Probe(f"SELECT queryid FROM {_schema(snapshot)}.pg_stat_statements WHERE {each}", "rows = 0")
    pids = ", ".join(str(one.session.pid) for one in slows if one.session)
    return Probe(
        f"SELECT pid FROM pg_stat_activity WHERE pid IN ({pids or '0'}) AND state = 'active'"
        " AND clock_timestamp() - query_start > interval '1 second'",
        "rows = 0",
    )


def _schema(snapshot: Snapshot) -> str:
    seen = snapshot.last("statements", Statements)
    return ident(seen.schema) if seen else "public"
