"""Which procedures post-mortems asked for: their open action items that want one written. Whether it was is for the lint to see."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.review.record import Q
from fireline.store.connect import Connection, all_rows

_OPEN = re.compile(r"^\s*[-*+]\s+\[ \]\s+(.+)$", re.MULTILINE)
_WANTED = re.compile(
    r"^(?:\*\*)?(?:write|add|create|document|prepare|draft)\b.*?\b(?:procedure|runbook|playbook)s?\s+(?:for|on|about)\s+(.+)$",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\s*\((?:owner|due)\b[^)]*\)\s*$", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([^\w\s])")
THIS_ONE = "incidents like this one"


def asked(conn: Connection) -> tuple[str, ...]:
    """What the wanted procedures are about, the oldest first, each once."""
    rows = all_rows(conn, Q["told"])
    return tuple(dict.fromkeys(about for row in rows for about in wanted(row["markdown"], row["title"])))


def wanted(markdown: str, title: str) -> Iterator[str]:
    """The same of one post-mortem; `title`: of its incident, which a draft calls “incidents like this one”."""
    for item in _OPEN.findall(markdown):
        found = _WANTED.match(_ASIDE.sub("", item.strip()))
        about = _ESCAPED.sub(r"\1", found[1]).strip(" .*") if found else ""
        if about:
            yield title if about.casefold() == THIS_ONE else about
