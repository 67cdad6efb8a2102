"""A table is full of dead rows because autovacuum is switched off for it."""

from __future__ import annotations

from fireline.assess.checks.tables import Table, Tables
from fireline.assess.origin import truth
from fireline.assess.quoting import ident, literal, qualified
from fireline.assess.slow import felt, wasteful
from fireline.assess.slowness import COMPLAINTS, FAMILY
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "autovacuum_disabled_table"
_OPTION = "autovacuum_enabled"
_DEAD, DEAD_UNASKED = 200, 1000  # rows
_PART, PART_UNASKED = 0.2, 0.5  # of the live ones
TIMES, PAGES = 3.0, 30  # as many pages as its rows need


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Tables with autovacuum off by their own option, and dead rows out of proportion; some switch it off for a table that hardly changes.

    A few dead rows matter to what reads past them: to a statement that somebody feels, or in the table that is complained of.
    """
    tables = snapshot.last("tables", Tables)
    found = [one for one in tables.tables if off(one)] if tables else []
    read = _read_slowly(snapshot, tables) if tables and found else frozenset()
    near = {one.oid: one.oid in read or snapshot.complaint.mentions(one.name) for one in found}
    return tuple(_verdict(snapshot, one, near=near[one.oid]) for one in found if _swollen(one, near=near[one.oid]))


def off(table: Table) -> bool:
    """Whether its own options switch autovacuum off."""
    return _OPTION in table.options and not truth(table.options[_OPTION])


def _read_slowly(snapshot: Snapshot, tables: Tables) -> frozenset[int]:
    """The tables in what somebody feels; where statements can not be seen, those that were ever read through."""
    if not felt(snapshot):
        return frozenset()
    if "statements" not in snapshot.readings:
        return frozenset(one.oid for one in tables.tables if one.seq_scans)
    named = (name for slow in wasteful(snapshot) for name in slow.shape.tables)
    return frozenset(one.oid for name in named if (one := tables.named(name.name, name.schema)))


def _swollen(table: Table, *, near: bool) -> bool:
    least, part = (_DEAD, _PART) if near else (DEAD_UNASKED, PART_UNASKED)
    expected = table.expected_pages
    many = table.dead >= max(least, part * table.live)
    large = expected is not None and table.blocks > max(TIMES * expected, expected + PAGES)
    return many or (large and table.updated + table.deleted > 0 and not table.vacuumed)


def _verdict(snapshot: Snapshot, table: Table, *, near: bool) -> Verdict:
    name = qualified(table.schema, table.name)
    expected = table.expected_pages
    needs = f"; its live rows need about {expected:,.0f}" if expected is not None else ""
    vacuumed = f"last on {table.vacuumed:%Y-%m-%d %H:%M} UTC" if table.vacuumed else "never"
    return Verdict(
        cause=LABEL,
        title=f"Autovacuum is off for {name}, and dead rows fill it.",
        severity="high" if near and felt(snapshot) else "medium",
        confidence=0.95 if table.dead >= PART_UNASKED * max(table.live, 1) else 0.8,
        objects=(name,),
        evidence=(
            Evidence("pg_class.reloptions", f"{name} has {_OPTION}={table.options[_OPTION]}"),
            Evidence(
                "pg_stat_all_tables", f"{table.dead:,} dead rows beside {table.live:,} live ones; vacuumed {vacuumed}"
            ),
            Evidence("pg_class", f"{table.blocks:,} pages{needs}"),
        ),
        explains=("a small table is slow", "the table keeps growing", "timeouts"),
        rejected=(
            Rejected("missing_index", "most of what is read are dead rows"),
            Rejected("xmin_held_by_session", "nothing has vacuumed the table, so nobody could have hindered it"),
            Rejected("xmin_held_by_prepared", "nothing has vacuumed the table, so nobody could have hindered it"),
            Rejected("xmin_held_by_slot", "nothing has vacuumed the table, so nobody could have hindered it"),
        )
        if not table.vacuumed
        else (
            Rejected("missing_index", "most of what is read are dead rows"),
            Rejected(
                "xmin_held_by_session",
                f"autovacuum may not touch the table, whoever holds rows; it was vacuumed {vacuumed}",
            ),
        ),
        remedy=Cure(
            text="Switch autovacuum on again and vacuum once; readers and writers go on meanwhile. The room is used again, and not"
            " given back to the disk: for that, VACUUM FULL or pg_repack in a quiet hour.",
            sql=(f"ALTER TABLE {name} RESET ({_OPTION})", f"VACUUM (ANALYZE) {name}"),
            level="reversible",
            undo=(f"ALTER TABLE {name} SET ({ident(_OPTION)} = {table.options[_OPTION]})",),
        ),
        probe=Probe(
            f"SELECT relname FROM pg_class WHERE oid = {table.oid} AND array_to_string(reloptions, ',') LIKE {literal(f'%{_OPTION}={table.options[_OPTION]}%')}",  # noqa: S608
            "rows = 0",
        ),
    )


cause = Cause(LABEL, FAMILY, judge, ("tables",), (*COMPLAINTS, "bloat", "disk"))
