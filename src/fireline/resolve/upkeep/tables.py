"""Which tables want ANALYZE, VACUUM or freezing now: pure, from what was read of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fireline.resolve.upkeep.item import Chosen, Item, Kind, LeftOut, Terms, count

NEAR = 0.9  # of the age at which autovacuum freezes whatever else goes on
SHARED = "SHARE UPDATE EXCLUSIVE: nobody who reads or writes waits for it"
_ONLY = 180000
_NO_RIGHT = "our role may not: it is neither the owner nor may it maintain the table"


def choose(rows: Iterable[dict[str, Any]], terms: Terms) -> Chosen:
    """One item for each table, the one that does most for it; freezing comes on its own."""
    items: list[Item] = []
    left: list[LeftOut] = []
    for row in rows:
        if not row["allowed"]:
            if not row["of_system"]:
                left.append(_left(_verb(row), row, _NO_RIGHT))
            continue
        if row["old"]:
            _put(_freeze(row, terms), items, left)
        if row["much_dead"] or row["much_new"]:
            vacuum = _vacuum(row, terms)
            _put(vacuum, items, left)
            if isinstance(vacuum, Item) and (row["much_changed"] or row["unknown"]):
                continue
        if row["much_changed"] or row["unknown"]:
            items.append(_analyze(row, terms))
    return Chosen(tuple(items), tuple(left))


def _put(found: Item | LeftOut, items: list[Item], left: list[LeftOut]) -> None:
    if isinstance(found, Item):
        items.append(found)
    else:
        left.append(found)


def _left(kind: Kind, row: dict[str, Any], why: str) -> LeftOut:
    return LeftOut(kind, row["name"], row["name"], f"{kind} {row['name']}", why)


def _verb(row: dict[str, Any]) -> Kind:
    return "freeze" if row["old"] else "vacuum" if row["much_dead"] or row["much_new"] else "analyze"


def _analyze(row: dict[str, Any], terms: Terms) -> Item:
    why = (
        "it has rows and no statistics at all"
        if row["unknown"]
        else f"{count(row['changed'])} rows changed since it was analyzed, its own trigger is {count(row['analyze_trigger'])}"
    )
    return Item(
        kind="analyze",
        what=f"analyze {row['name']}",
        why=why,
        gain="the planner knows its rows again, so plans fit them; statements that run now keep their plan",
        # its parts are analyzed by themselves; before 18 there is no way to leave them out
        statement=f"ANALYZE (SKIP_LOCKED) {'ONLY ' if row['kind'] == 'p' and terms.version >= _ONLY else ''}{row['name']}",
        **_place(row, terms),
    )


def _vacuum(row: dict[str, Any], terms: Terms) -> Item | LeftOut:
    if row["much_dead"] and terms.held_by:
        said = f"{count(row['dead'])} dead rows, but {terms.held_by}: vacuum would not remove what died since"
        return _left("vacuum", row, said)
    if row["much_dead"]:
        why = f"{count(row['dead'])} dead rows beside {count(row['rows'])} living, its own trigger is {count(row['vacuum_trigger'])}"
        gain = f"their room, about {_share(row):.0%} of the table, can be used again; scans read less"
    else:
        why = f"{count(row['inserted'])} rows were added since it was vacuumed, its own trigger is {count(row['insert_trigger'])}"
        gain = "index-only scans need not look into the table any more"
    return Item(
        kind="vacuum",
        what=f"vacuum {row['name']}",
        why=why,
        gain=gain,
        # truncating would lock readers out for a moment, and longer on a standby
        statement=f"VACUUM (ANALYZE, SKIP_LOCKED, TRUNCATE false) {row['name']}",
        **_place(row, terms),
    )


def _freeze(row: dict[str, Any], terms: Terms) -> Item | LeftOut:
    multi = row["multi_age"] / row["multi_most"] > row["age"] / row["freeze_most"]
    age, most, unit = (
        (row["multi_age"], row["multi_most"], "multixacts")
        if multi
        else (row["age"], row["freeze_most"], "transactions")
    )
    if terms.held_by:
        return _left("freeze", row, f"{count(age)} {unit} old, but {terms.held_by}: it would not get younger than that")
    return Item(
        kind="freeze",
        what=f"freeze {row['name']}",
        why=f"its oldest row is {count(age)} {unit} old; at {count(most)} autovacuum freezes it whatever else goes on",
        gain="it is young again, and no forced vacuum comes at a bad time",
        statement=f"VACUUM (FREEZE, SKIP_LOCKED, TRUNCATE false) {row['name']}",
        **_place(row, terms),
    )


def _share(row: dict[str, Any]) -> float:
    """The part of a table's rows that is dead."""
    return float(row["dead"] / max(row["dead"] + row["rows"], 1))


def _place(row: dict[str, Any], terms: Terms) -> dict[str, Any]:
    numbers = ("rows", "pages", "dead", "changed", "age")
    return {
        "object": row["name"],
        "oid": row["oid"],
        "table": row["name"],
        "table_oid": row["oid"],
        "lock": SHARED,
        "planned_at": terms.at,
        "before": {name: row[name] for name in numbers},
    }
