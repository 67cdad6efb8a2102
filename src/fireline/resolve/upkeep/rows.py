"""What is about the rows themselves: constraints never checked, sequences that are behind, columns that go together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fireline.resolve.upkeep.item import Chosen, Item, LeftOut, Suggestion, Terms, count, size

TOGETHER = 0.5  # pairs of values there are, of those there could be, below which two columns go together
_SHARED = "SHARE UPDATE EXCLUSIVE: nobody who reads or writes waits for it"
_SHARED_KEY = "SHARE UPDATE EXCLUSIVE, and ROW SHARE on the parent: nobody who reads or writes waits for it"


def constraints(rows: Iterable[dict[str, Any]], terms: Terms) -> Chosen:
    """Constraints to validate."""
    items: list[Item] = []
    left: list[LeftOut] = []
    for row in rows:
        what = f"validate {row['name']} of {row['table']}"
        if not row["owned"]:
            left.append(
                LeftOut("validate", row["name"], row["table"], what, "our role may not: it does not own the table")
            )
            continue
        items.append(
            Item(
                kind="validate",
                object=f"{row['table']} {row['name']}",
                oid=row["oid"],
                table=row["table"],
                table_oid=row["table_oid"],
                what=what,
                why=f"its {count(row['rows'])} rows were never checked: {row['says'].removesuffix(' NOT VALID')}",
                gain="it can be relied on, also by the planner; a row that breaks it makes this fail and changes nothing",
                lock=_SHARED_KEY if row["kind"] == "f" else _SHARED,
                statement=f"ALTER TABLE {row['table']} VALIDATE CONSTRAINT {row['name']}",
                planned_at=terms.at,
                before={"validated": False, "rows": row["rows"]},
            )
        )
    return Chosen(tuple(items), tuple(left))


def sequences(rows: Iterable[dict[str, Any]], terms: Terms) -> Chosen:
    """Sequences to raise; each row has the `largest` value in use."""
    items: list[Item] = []
    left: list[LeftOut] = []
    for row in rows:
        largest = row["largest"]
        if largest is None or row["last"] is None or largest <= row["last"]:
            continue
        what = f"raise {row['name']} to {largest}"
        if largest > row["most"]:
            why = f"it ends at {row['most']}"
            left.append(LeftOut("sequence", row["name"], row["table"], what, why))
            continue
        place = f"{row['table']}.{row['column']}"
        # only ever upwards, also when somebody else was quicker
        statement = (
            f"SELECT setval({row['literal']}::regclass, largest)"  # noqa: S608 - the server has quoted all names
            f" FROM (SELECT max({row['column']}) AS largest FROM {row['table']}) AS used"
            f" WHERE largest > coalesce(pg_sequence_last_value({row['literal']}::regclass), 0)"
        )
        items.append(
            Item(
                kind="sequence",
                object=row["name"],
                oid=row["oid"],
                table=row["table"],
                table_oid=row["table_oid"],
                what=what,
                why=f"it stands at {row['last']}, and {place} goes up to {largest}: new rows take numbers that are in use",
                gain="new rows get new numbers",
                lock="ROW EXCLUSIVE on the sequence: nobody waits for it",
                statement=statement,
                planned_at=terms.at,
                before={"last": row["last"], "largest": largest},
            )
        )
    return Chosen(tuple(items), tuple(left))


def statistics(rows: Iterable[dict[str, Any]]) -> Chosen:
    """Columns that go together, as a sample shows; each row has the numbers of different values seen."""
    said = []
    for row in rows:
        possible = min(row["ones"] * row["twos"], row["seen"])
        if row["ones"] > 1 and row["twos"] > 1 and row["both"] < TOGETHER * possible:
            why = (
                f"{count(row['seen'])} rows looked at: {count(row['ones'])} and {count(row['twos'])} values,"
                f" but only {count(row['both'])} pairs, where the planner expects {count(possible)}"
            )
            pair = f"{row['one']}, {row['two']}"
            statement = f"CREATE STATISTICS {row['statistic']} ON {pair} FROM {row['table']}; ANALYZE {row['table']}"
            said.append(Suggestion(f"tell the planner that {pair} of {row['table']} go together", why, statement))
    return Chosen(suggestions=tuple(said))


def loose(rows: Iterable[dict[str, Any]], block: int) -> Chosen:
    """Tables that only a rewrite makes small again."""
    return Chosen(
        suggestions=tuple(
            Suggestion(
                f"rewrite {row['name']} in a quiet hour",
                f"it takes {size(row['pages'] * block)}, its rows need about {size(row['needed'] * block)}; locks it"
                f" wholly as long as it lasts and needs {size(row['needed'] * block * 2)} of disk; pg_repack locks only for moments",
                f"VACUUM (FULL, ANALYZE) {row['name']}",
            )
            for row in rows
        )
    )
