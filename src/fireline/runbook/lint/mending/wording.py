"""The edit that puts one word of a statement in the place of another, in its line of the file."""

from __future__ import annotations

from collections.abc import Sequence

from fireline.runbook.lint.rule import Edit
from fireline.runbook.lint.sql.places import Place


def replaced(lines: Sequence[str], place: Place, old: str, new: str) -> tuple[Edit, ...]:
    """The edit that puts `new` in the place of `old`; none when `old` does not stand there."""
    line, at = lines[place.line - 1] if 0 < place.line <= len(lines) else "", place.column - 1
    if not old or line[at : at + len(old)].casefold() != old.casefold():
        return ()
    return (Edit(place.line, place.line, line[:at] + new + line[at + len(old) :]),)
