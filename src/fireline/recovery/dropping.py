"""Which database of a restore may be dropped, and dropping it: only what is provably ours."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.errors import Refused
from fireline.postgres.connect import Connection, Target, beside, database_of
from fireline.recovery import restores, restoring
from fireline.recovery.swapping.standing import Standing, look
from fireline.store.connect import Store, queries

Q = queries("fireline.recovery")

_STATES = (*restores.READY, "failed", "swapped")


def refuse(row: DictRow, *, now: bool) -> None:
    """Only what stands beside, and a replaced database only once its time is over or somebody says --now."""
    number, until = row["id"], row["keep_until"]
    if row["state"] not in _STATES:
        raise Refused(f"restore {number} has nothing that could be dropped: it is {row['state']}")
    if row["state"] != "swapped":
        return
    if row["kept"] is None:
        raise Refused(f"the database that restore {number} replaced was dropped before")
    if until is not None and until > clock.now() and not now:
        raise Refused(
            f"{row['kept']} is to be kept until {until:%Y-%m-%d %H:%M} UTC", hint="--now drops it all the same."
        )


def ours(conn: Connection, target: Target, row: DictRow) -> Standing:
    """The database, if it is provably the one of this row: by our token in its comment, a replaced one also by its number."""
    name = row["kept"] if row["state"] == "swapped" else row["beside"]
    found = look(conn, name)
    if found is None:
        raise Refused(f"there is no database {name} on the server of {target.name} any more")
    if name in (row["database"], database_of(target)):
        raise Refused(f"{name} is the database in use")
    known = row["swap"]["live"]["oid"] == found.oid if row["state"] == "swapped" else True
    if row["token"] not in (found.comment or "") or not known:
        raise Refused(
            f"nothing shows that {name} is ours: its comment does not hold our token",
            hint="What Fireline did not make it does not drop. Look at it, and drop it by hand if it may go.",
        )
    return found


def drop(store: Store, target: Target, captured: dict[str, Any]) -> str:
    """Drop exactly the one that was approved, whoever is in it; its name."""
    with store.transaction() as own:
        restores.get(own, str(captured["restore"]), lock=True)
        row = restores.get(own, str(captured["restore"]))
        if row["state"] != captured["state"]:
            raise Refused(f"restore {row['id']} is {row['state']} now", hint="Plan it again.")
        refuse(row, now=captured["now"])
        with beside(target, write=True) as conn:
            found = ours(conn, target, row)
            if found.oid != captured["oid"]:
                raise Refused(f"{found.name} is another database than the one that was approved", hint="Plan it again.")
            restoring.drop_ours(conn, target, found.name)
        about = {"id": row["id"], "at": clock.now()}
        own.execute(Q["mark_kept_dropped"] if row["state"] == "swapped" else Q["drop_restore"], about)
    return found.name
