"""Names that look like one that is missing: typing errors, another schema, another ending."""

from __future__ import annotations

from difflib import SequenceMatcher, get_close_matches
from typing import TYPE_CHECKING

from fireline.runbook.lint.world import Kind

if TYPE_CHECKING:
    from fireline.runbook.lint.database.inquiry import Inquiry

MOST = 3
_CLOSE = 0.75


def nearest(catalog: Inquiry, kind: Kind, name: str) -> tuple[str, ...]:
    """What of the catalog looks like a name, the nearest first; out of sight it bears its schema. A column is `table.column`."""
    wanted = name.rpartition(".")[2]
    if kind == "column":
        table = name.rpartition(".")[0]
        columns = catalog.columns(table) if table else None
        return alike(wanted, columns or ())
    rows = catalog.names(kind)
    same = [row for row in rows if row["name"].lower() == wanted.lower()]
    shown = [_shown(row["schema"], row["name"], visible=row["visible"]) for row in same]
    own = [row for row in rows if row["schema"] not in ("pg_catalog", "information_schema")]
    found = list(dict.fromkeys(shown))
    # A table of the team is no slip for one of PostgreSQL's, unless its name says so.
    others = (own, rows) if kind != "table" or wanted.lower().startswith("pg_") else (own,)
    for candidates in others:
        known = {row["name"]: row for row in candidates}
        for one in alike(wanted, tuple(known)):
            row = known[one]
            found.append(_shown(row["schema"], row["name"], visible=row["visible"]))
        if found:
            break
    return tuple(one for one in dict.fromkeys(found) if one != name)[:MOST]


def alike(wanted: str, names: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Those of the names that look like it, the nearest first: few letters differ, or one is the beginning of the other."""
    by_fold = {name.lower(): name for name in names}
    folded = wanted.lower()
    close = get_close_matches(folded, by_fold, n=MOST, cutoff=_CLOSE)
    plain = _plain(folded)
    close += [name for name in by_fold if _plain(name) == plain or f"{folded}s" == name or folded == f"{name}s"]
    unique = list(dict.fromkeys(close))
    unique.sort(key=lambda name: -SequenceMatcher(None, folded, name).ratio())
    return tuple(by_fold[name] for name in unique[:MOST])


def _plain(name: str) -> str:
    return name.replace("_", "")


def _shown(schema: str, name: str, *, visible: bool) -> str:
    return name if visible or not schema else f"{schema}.{name}"
