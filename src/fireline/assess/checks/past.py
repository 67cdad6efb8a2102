"""What earlier looks saw of the statements: handed in with the question, as it is kept in our store and not on the server."""

from __future__ import annotations

import psycopg

from fireline.assess.past import Past
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

LEAST = 4  # looks before it began: three windows, of which one may be odd
NO_STORE = "no store is at hand that keeps earlier looks at this database"


def read(conn: Connection, sofar: Snapshot) -> Past:
    """What was handed in; what is not enough to compare with is unknown, with the reason."""
    del conn
    past = sofar.asked.past
    if past is None or past.missing:
        raise psycopg.NotSupportedError(past.missing if past else NO_STORE)
    there = len(past.before)
    if there < LEAST:
        few = f"{there} look{'s' if there != 1 else ''}" if there else "no look"
        raise psycopg.NotSupportedError(
            f"{few} from before {past.began:%Y-%m-%d %H:%M} UTC {'is' if there < 2 else 'are'} kept, and it takes {LEAST}"  # noqa: PLR2004
        )
    return past


check = Check("past", read)
