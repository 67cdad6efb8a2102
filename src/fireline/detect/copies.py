"""Whether a delivery is a copy: the very same bytes from the same source a moment ago, sent again since its answer was lost.

Asked only where it matters, which is seldom; so nothing is kept for it beside the signals themselves.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from psycopg.rows import DictRow

from fireline.detect.signals import uid_of
from fireline.store.connect import Connection, all_rows, queries

Q = queries("fireline.detect")

COPY = timedelta(seconds=5)  # who got no answer sends again at once; what comes later may well be news
LATE = timedelta(minutes=5)  # a copy of what has been resolved may be under way this long (another replica, a retry)
_MARGIN = timedelta(seconds=1)  # between the making of an id and the moment that is kept with it


class Copies:
    """The deliveries of a batch and of the moments before it, read when it is first asked."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._seen: defaultdict[tuple[str, bytes], list[DictRow]] | None = None

    def is_one(self, signal: DictRow) -> bool:
        """Whether this signal is a copy of one before it."""
        if not signal["digest"]:
            return False
        if self._seen is None:
            self._seen = defaultdict(list)
            since = signal["received_at"] - COPY - _MARGIN
            for row in all_rows(self._conn, Q["signals_since"], since=since, least=uid_of(since - _MARGIN)):
                self._seen[row["source"], bytes(row["digest"])].append(row)
        at = signal["received_at"]
        return any(
            one["id"] < signal["id"] and at - one["received_at"] <= COPY
            for one in self._seen[signal["source"], bytes(signal["digest"])]
        )
