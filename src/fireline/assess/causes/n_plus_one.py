"""A page asks one statement for a list, and then another one for each row of it: no statement is slow, all are many."""

from __future__ import annotations

from dataclasses import dataclass

from fireline.assess.checks.statements import Statements
from fireline.assess.forgetting import forget
from fireline.assess.quoting import ident
from fireline.assess.slow import Slow, every, felt
from fireline.assess.slowness import COMPLAINTS, EXPLAINS, FAMILY, NEEDS, seen, weight
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import shortened
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "n_plus_one"
_TINY_MS = 2.0
_LIST, _NEAR = 5.0, 0.1  # rows of the list, a call; how near to once for each row
_CALLS, _CALLS_UNASKED = 200, 1000
_SHARE, _SHARE_UNASKED = 0.1, 0.4  # of the calls of all statements


@dataclass(frozen=True)
class Loop:
    """Statements that are asked once for each row of a list."""

    lister: Slow
    each: tuple[Slow, ...]


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Single-row lookups that are called as often as a list has given rows, by the same role; the dearest one of each list."""
    reading = snapshot.last("statements", Statements)
    if reading is None or not reading.calls:
        return ()
    loops = _loops(snapshot, reading)
    return (_verdict(snapshot, reading, loops[0]),) if loops else ()


def _loops(snapshot: Snapshot, reading: Statements) -> list[Loop]:
    asked = felt(snapshot)
    least, share = (_CALLS, _SHARE) if asked else (_CALLS_UNASKED, _SHARE_UNASKED)
    known = [one for one in every(snapshot) if one.statement and one.shape.kind == "select"]
    many = [one for one in known if _lookup(one) and _calls(one) >= max(least, share * reading.calls)]
    lists = [one for one in known if (one.rows or 0) >= _LIST and one.statement]
    found = []
    for lister in lists:
        each = tuple(one for one in many if one is not lister and one.user == lister.user and _once_a_row(one, lister))
        if each:
            found.append(Loop(lister, each))
    return sorted(found, key=lambda loop: -sum(_calls(one) for one in loop.each))


def _calls(slow: Slow) -> int:
    return slow.statement.calls if slow.statement else 0


def _lookup(slow: Slow) -> bool:
    """Whether it is quick and asks for what belongs to one value."""
    own = [one for one in slow.shape.predicates if one.level == 0 and one.against == "value"]
    return slow.mean_ms <= _TINY_MS and len(slow.shape.tables) == 1 and any(one.equal for one in own)


def _once_a_row(one: Slow, lister: Slow) -> bool:
    rows = lister.statement.rows if lister.statement else 0
    other = {table.name for table in one.shape.tables} != {table.name for table in lister.shape.tables}
    return other and rows > 0 and abs(_calls(one) / rows - 1) <= _NEAR


def _verdict(snapshot: Snapshot, reading: Statements, loop: Loop) -> Verdict:
    first, times = loop.each[0], round(loop.lister.rows or 0)
    calls = sum(_calls(one) for one in loop.each)
    share = calls / reading.calls
    return Verdict(
        cause=LABEL,
        title=f"For each row of a list the application asks another statement: {shortened(first.text)}.",
        severity="high" if felt(snapshot) else "medium",
        confidence=0.9 if share > _SHARE_UNASKED else 0.75,
        objects=tuple(f"statement {one.statement.queryid}" for one in (loop.lister, *loop.each) if one.statement),
        evidence=(
            Evidence("pg_stat_statements", f"{calls:,} calls, {share:.0%} of all: {seen(first).fact}"),
            Evidence(
                "pg_stat_statements", f"as many as the rows of a list, {times} each time: {seen(loop.lister).fact}"
            ),
        ),
        explains=("pages are slow, and no statement is", *EXPLAINS),
        rejected=(
            Rejected(
                "missing_index", f"one call takes {first.mean_ms:.2f} ms and reads {first.blocks or 0:.0f} blocks"
            ),
            Rejected("connection_churn_no_pool", "the statements are many, whatever the connections"),
        ),
        remedy=_cure(snapshot, loop),
        probe=_probe(reading, loop),
        hurt=weight(loop.each),
    )


def _cure(snapshot: Snapshot, loop: Loop) -> Cure:
    text = (
        "Ask once for all rows of the list: join the second table, or ask for it with = ANY (list) (in an ORM: eager loading,"
        " includes, prefetch, a data loader)."
    )
    return forget(snapshot, loop.each, text)


def _probe(reading: Statements, loop: Loop) -> Probe:
    """Green when the lookups have no figures any more that are as many as now."""
    each = " OR ".join(
        f"(queryid = {one.statement.queryid} AND userid = {one.statement.userid} AND dbid = {one.statement.dbid} AND calls >= {_CALLS})"
        for one in loop.each[:5]
        if one.statement
    )
    return Probe(f"SELECT queryid FROM {ident(reading.schema)}.pg_stat_statements WHERE {each}", "rows = 0")  # noqa: S608 - numbers


cause = Cause(LABEL, FAMILY, judge, NEEDS, COMPLAINTS)
