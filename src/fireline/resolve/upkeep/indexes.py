"""Which indexes want rebuilding, and what a rebuild that was cut off has left: pure, from what was read of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fireline.resolve.upkeep.item import Chosen, Item, Kind, LeftOut, Suggestion, Terms, count, size, span

LOOSE_TIMES = 2.0  # larger than this many times what is in it needs
LOOSE_BYTES = 10 * 2**20  # and by at least this much
UNSEEN_BYTES = 100 * 2**20  # rebuilt also where nobody can see how much disk is free
SETTLED_SECONDS = 7 * 86400  # counters younger than this prove nothing about use
_SHARED = "SHARE UPDATE EXCLUSIVE on the table: nobody who reads or writes waits for it; it waits for them, at most 1 s"
_CORRUPTING = range(140000, 140004)


def choose(rows: Iterable[dict[str, Any]], terms: Terms) -> Chosen:
    """Leftovers are dropped; what is invalid or far too large is rebuilt beside itself, where there is room."""
    items: list[Item] = []
    left: list[LeftOut] = []
    said: list[Suggestion] = []
    for row in rows:
        found = _one(row, terms)
        if isinstance(found, Item):
            items.append(found)
        elif isinstance(found, LeftOut):
            left.append(found)
        else:
            said.append(found)
    items.sort(key=lambda item: item.kind != "drop")
    return Chosen(tuple(items), tuple(left), tuple(said))


def _one(row: dict[str, Any], terms: Terms) -> Item | LeftOut | Suggestion:
    leftover = not row["valid"] and row["of_rebuild"] and row["twin"] is not None
    kind: Kind = "drop" if leftover else "reindex"
    if row["busy"] is not None:
        return _left(kind, row, f"session {row['busy']} works at {row['table']} now; it may be what builds this index")
    if not row["owned"] and (leftover or not row["maintained"]):
        return _left(kind, row, "our role may not: it does not own the index")
    if leftover:
        return _drop(row, terms)
    if not row["valid"] and row["twin_valid"]:
        why = f"it is invalid, and {row['twin']} does the same and is valid"
        return Suggestion(f"drop {row['name']}", why, f"DROP INDEX CONCURRENTLY {row['name']}")
    return _rebuild(row, terms)


def _drop(row: dict[str, Any], terms: Terms) -> Item:
    return Item(
        kind="drop",
        what=f"drop {row['name']}",
        why=f"a rebuild of {row['twin']} that was cut off has left it; it is invalid, each write keeps it up, no read uses it",
        gain=f"{size(row['pages'] * terms.block)} are free again and writes to {row['table']} are quicker",
        statement=f"DROP INDEX CONCURRENTLY {row['name']}",
        **_place(row, terms),
    )


def _rebuild(row: dict[str, Any], terms: Terms) -> Item | LeftOut:
    now = row["pages"] * terms.block
    then = (row["table_pages"] if row["needed"] is None else row["needed"]) * terms.block
    if row["valid"]:
        why = f"it takes {size(now)}, and what is in it needs about {size(then)}"
        gain = f"about {size(now - then)} of disk and of memory"
    else:
        why = "it is invalid: no statement uses it, and each write keeps it up"
        gain = "statements can use it again" + ("; it fails if there are duplicates" if row["uniq"] else "")
    need = 2 * max(now, then)
    folder = row["folder"] or terms.folder
    item = Item(
        kind="reindex",
        what=f"rebuild {row['name']}",
        why=why,
        gain=gain,
        statement=f"REINDEX INDEX CONCURRENTLY {row['name']}",
        need=need,
        free=terms.free(folder),
        folder=folder,
        **_place(row, terms),
    )
    if terms.version in _CORRUPTING:
        return _left(
            "reindex", row, f"{why}, but PostgreSQL before 14.4 may corrupt an index that it rebuilds so; update it"
        )
    if terms.waits_for:
        return _left("reindex", row, f"{why}, but {terms.waits_for}, and rebuilding would wait for that")
    if (short := no_room(item)) is not None:
        return _left("reindex", row, f"{why}, but {short}")
    return item


def _left(kind: Kind, row: dict[str, Any], why: str) -> LeftOut:
    verb = "drop" if kind == "drop" else "rebuild"
    return LeftOut(kind, row["name"], row["table"], f"{verb} {row['name']}", why)


def no_room(item: Item) -> str | None:
    """Why there is not enough disk for a rebuild; None when there is, or when it is small and nobody can see."""
    if item.free is None and item.need > 2 * UNSEEN_BYTES:
        return f"it needs up to {size(item.need)}, and how much is free can not be seen from here: say --disk-free 50GB"
    if item.free is not None and item.need > item.free:
        return f"it needs up to {size(item.need)}, and only {size(item.free)} are free"
    return None


def suggest(duplicates: list[dict[str, Any]], unused: list[dict[str, Any]], block: int) -> Chosen:
    """Indexes that a person may want to be rid of."""
    said = [
        Suggestion(
            f"drop {row['name']}",
            f"{row['kept']} says exactly the same; {size(row['pages'] * block)}",
            f"DROP INDEX CONCURRENTLY {row['name']}",
        )
        for row in duplicates
    ]
    known = {one.statement for one in said}
    for row in unused:
        statement = f"DROP INDEX CONCURRENTLY {row['name']}"
        if row["seconds"] >= SETTLED_SECONDS and statement not in known:
            why = f"no statement here used it in {span(row['seconds'])}; {size(row['pages'] * block)}; ask your standbys, too"
            said.append(Suggestion(f"drop {row['name']}", why, statement))
    return Chosen(suggestions=tuple(said))


def suggest_for_keys(rows: list[dict[str, Any]]) -> Chosen:
    """Indexes that foreign keys lack."""
    return Chosen(
        suggestions=tuple(
            Suggestion(
                f"index {row['table']} ({row['columns']})",
                f"foreign key {row['name']} has no index: each of {count(row['changes'])} changes of {row['parent']}"
                f" may have read all {count(row['rows'])} rows",
                f"CREATE INDEX CONCURRENTLY ON {row['table']} ({row['columns']})",
            )
            for row in rows
        )
    )


def _place(row: dict[str, Any], terms: Terms) -> dict[str, Any]:
    return {
        "object": row["name"],
        "oid": row["oid"],
        "table": row["table"],
        "table_oid": row["table_oid"],
        "lock": _SHARED,
        "planned_at": terms.at,
        "before": {"bytes": row["pages"] * terms.block, "valid": row["valid"]},
    }
