"""What earlier looks saw of the statements: handed in with the question, as it is kept in our store and not on the server."""

from __future__ import annotations

import psycopg

from fireline.assess.kept import counted
from fireline.assess.past import Past
from fireline.assess.snapshot import Check, Snapshot
from fireline.assess.windows import comparable
from fireline.postgres.connect import Connection

LEAST = 4  # looks before it began: three windows, of which one may be odd
NO_STORE = "no store is at hand that keeps earlier looks at this database"
_ANOTHER = "another server answers than earlier looks saw, or another version of it; the next look can be compared"


def wanted(sofar: Snapshot) -> bool:
    """Whether there is anything to compare with it."""
    return "statements" in sofar.readings


def read(conn: Connection, sofar: Snapshot) -> Past:
    """What was handed in; what can not be compared with is unknown, with the reason."""
    del conn
    past, now = sofar.asked.past, counted(sofar)
    if past is None or past.missing:
        raise psycopg.NotSupportedError(past.missing if past else NO_STORE)
    there = len(past.before)
    if there < LEAST:
        few = f"{there} look{'s' if there > 1 else ''}" if there else "no look"
        verb = "are" if there > 1 else "is"
        raise psycopg.NotSupportedError(
            f"{few} from before {past.began:%Y-%m-%d %H:%M} UTC {verb} kept, and it takes {LEAST}"
        )
    if now is None or not any(comparable(one, now) for one in past.looks):
        raise psycopg.NotSupportedError(_ANOTHER)
    return past


check = Check("past", read, wanted=wanted)
