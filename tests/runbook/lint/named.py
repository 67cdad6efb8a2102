"""A database of which nothing is asked but how it is called."""

from __future__ import annotations

from dataclasses import dataclass

from fireline.runbook.lint.world import Judged, Kind


@dataclass
class Named:
    """Known by a name of the settings, or by none; whatever else is asked of it stays unknown."""

    target: str | None
    name: str = "the database shop"
    database: str = "shop"
    major: int = 18

    def judge(self, sql: str, binds: int = 0, *, changing: bool = False) -> Judged:
        """Nothing is judged."""
        return Judged(unknown=f"{sql} {binds}")

    def columns(self, table: str) -> tuple[str, ...] | None:
        """The name itself."""
        return (table,)

    def similar(self, kind: Kind, name: str) -> tuple[str, ...]:
        """The name itself."""
        return (kind, name)
