"""What verdicts on slow statements have in common: the facts in words, the twins ruled out, how bad it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fireline.assess.checks.indexes import Indexes
from fireline.assess.checks.tables import Table
from fireline.assess.quoting import ident, qualified
from fireline.assess.reasons import (
    FAILED,
    GUC,
    INVALID,
    MISSING,
    PATTERN,
    STALE,
    WRAPPED,
    Reason,
    compiled,
    effective,
    stale,
)
from fireline.assess.scans import Scan
from fireline.assess.slow import Slow, felt
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import shortened, span, who
from fireline.assess.verdict import Evidence, Rejected, Severity

FAMILY = "queries"
COMPLAINTS = ("slow", "slow_writes", "timeout", "hang", "stalls")
NEEDS = ("statements", "tables", "indexes")
EXPLAINS = ("pages are slow", "timeouts", "high CPU")
_HIGH_SHARE, _HIGH_MS, _HIGH_MS_UNASKED = 0.2, 1000.0, 5000.0
_LONGEST_NAME = 63


def seen(slow: Slow) -> Evidence:
    """The statement and what it costs."""
    if slow.session is not None:
        spent = span(slow.mean_ms / 1000)
        did = "has run it for" if slow.session.state == "active" else "ran it last, in"
        return Evidence(
            slow.source, f"pid {slow.session.pid} ({who(slow.session)}) {did} {spent}: {shortened(slow.text)}"
        )
    blocks, rows = slow.blocks or 0, slow.rows or 0
    figures = f"{slow.calls:,} calls of {slow.mean_ms:,.1f} ms, {blocks:,.0f} blocks for {rows:,.1f} rows a call"
    return Evidence(slow.source, f"{shortened(slow.text)}: {figures}, {slow.share:.0%} of the time of all statements")


def size(scan: Scan) -> Evidence:
    """How large the table is."""
    name = qualified(scan.table.schema, scan.table.name)
    counted = f" for {scan.rows:,.0f} rows" if scan.rows else ""
    return Evidence("pg_class", f"{name} has {scan.pages:,} pages{counted}: the statement reads through it")


def scanned(table: Table) -> tuple[Evidence, ...]:
    """How often it was read through, by the counters, which may lag."""
    if not table.seq_scans:
        return ()
    each = table.seq_rows / table.seq_scans
    return (
        Evidence(
            "pg_stat_all_tables", f"{table.path} was read through {table.seq_scans:,} times, {each:,.0f} rows each time"
        ),
    )


def severity(snapshot: Snapshot, slows: Iterable[Slow]) -> Severity:
    """How bad: how much of the server's time it takes, and how long one waits for it."""
    least = _HIGH_MS if felt(snapshot) else _HIGH_MS_UNASKED
    bad = any((one.share >= _HIGH_SHARE and felt(snapshot)) or one.mean_ms >= least for one in slows)
    return "high" if bad else "medium"


def weight(slows: Iterable[Slow]) -> int:
    """To rank causes of one severity: the share of all time in percent, and something for what runs now."""
    return round(sum(100 * one.share + (20 if one.session else 0) for one in slows))


def grouped(found: Sequence[Reason]) -> list[list[Reason]]:
    """The reasons that are one thing to change: the same column of the same table."""
    groups: dict[tuple[int, int], list[Reason]] = {}
    for one in found:
        groups.setdefault((one.scan.table.oid, one.condition.column.number), []).append(one)
    return list(groups.values())


def spelled(reason: Reason) -> str:
    """The column with its table."""
    table = reason.scan.table
    return f"{qualified(table.schema, table.name)}.{ident(reason.condition.column.name)}"


def twins(snapshot: Snapshot, reason: Reason) -> tuple[Rejected, ...]:
    """Every other reason for a slow statement, with the fact that rules it out here."""
    scan, one = reason.scan, reason.condition
    where = spelled(reason)
    led = one.index or next(iter(one.plain), None)
    facts = {
        INVALID: f"the index {led.name} that begins with {where} is valid" if led else f"no index on {where} is there, a broken one neither",
        FAILED: "no index of the table is half built" if not one.broken else "",
        WRAPPED: f"the condition compares {where} as it is" if not one.wrap else "",
        GUC: _no_override(snapshot, scan.slow),
        STALE: _fresh(snapshot, scan, served=scan.served is not None),
        MISSING: f"the index {(led or one.broken[0]).name} begins with {where}" if led or one.broken else "",
        "autovacuum_disabled_table": _not_bloated(scan.table),
        "jit_misconfigured": "compiling took no part of its time worth naming" if not compiled(scan.slow) else "",
        "rls_per_row_function": _no_policy(scan.table),
        "correlated_subquery": "no subquery of it is carried out for each row" if not scan.slow.shape.correlated else "",
    }  # fmt: skip
    same = {reason.label} | ({MISSING} if reason.label == PATTERN else set())
    return tuple(Rejected(label, fact) for label, fact in facts.items() if fact and label not in same)


def _no_override(snapshot: Snapshot, slow: Slow) -> str:
    given = effective(snapshot, slow.user)
    if not given:
        return f"no planner setting of {slow.user or 'its role'} differs from the default"
    return f"{', '.join(one.name for one in given)} of {given[0].whom} would not keep it from an index"


def _fresh(snapshot: Snapshot, scan: Scan, *, served: bool) -> str:
    if not stale(snapshot, scan.table):
        return f"{scan.table.changed:,} of {scan.rows:,.0f} rows were changed since it was analysed"
    return "" if served else "no figures could lead the planner to an index that is not there or can not be used"


def _not_bloated(table: Table) -> str:
    expected = table.expected_pages
    if expected is not None:
        return f"{table.path} has {table.blocks:,} pages, and its rows need about {expected:,.0f}"
    return f"{table.path} has {table.dead:,} dead rows beside {table.live:,} live ones"


def _no_policy(table: Table) -> str:
    return "" if table.row_security else f"row security is off for {table.path}"


def fresh_name(snapshot: Snapshot, table: Table, columns: Sequence[str], ending: str = "idx") -> str:
    """A name for a new index that no index has yet."""
    indexes = snapshot.last("indexes", Indexes)
    taken = {one.name for one in indexes.indexes} if indexes else set()
    base = "_".join((table.name, *columns))[: _LONGEST_NAME - len(ending) - 4]
    names = (f"{base}_{ending}{number or ''}" for number in range(1000))
    return next(name for name in names if name not in taken)
