"""One word of a statement in the place of another: the edit that puts it there, and a name as SQL wants it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fireline.runbook.lint.rule import Edit
from fireline.runbook.lint.sql.places import Place

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
# Words of SQL that people call tables and columns by; unquoted they mean something else, or nothing.
_KEPT = {
    "all", "analyse", "analyze", "check", "column", "default", "desc", "end", "grant", "group", "limit", "offset", "order",
    "primary", "references", "table", "to", "user", "when",
}  # fmt: skip


def quoted(name: str) -> str:
    """A name as it is written in SQL: `Order` and `order` only within quotes."""
    parts = (one if _PLAIN.fullmatch(one) and one not in _KEPT else f'"{one}"' for one in name.split("."))
    return ".".join(parts)


def replaced(lines: Sequence[str], place: Place, old: str, new: str) -> tuple[Edit, ...]:
    """The edit that puts `new` in the place of `old`; none when `old` does not stand there."""
    line, at = lines[place.line - 1] if 0 < place.line <= len(lines) else "", place.column - 1
    if not old or line[at : at + len(old)].casefold() != old.casefold():
        return ()
    return (Edit(place.line, place.line, line[:at] + new + line[at + len(old) :]),)
