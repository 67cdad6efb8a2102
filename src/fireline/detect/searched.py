"""What a person types into a search, as PostgreSQL's LIKE is to take it."""

from __future__ import annotations


def literal(search: str) -> str:
    """The same text without a meaning of its own in LIKE; NUL can be in no row."""
    return search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\0", "")
