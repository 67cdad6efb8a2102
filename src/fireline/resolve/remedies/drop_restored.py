"""Drop a database that a restore made, or the one that a swap replaced: only what is provably ours, and there is no way back."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import DictRow
from pydantic import Field

from fireline import clock, redact
from fireline.errors import FirelineError, Refused
from fireline.postgres.connect import Connection, Target, beside, database_of
from fireline.recovery import restores
from fireline.recovery.standing import Standing, by_number, look
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict
from fireline.store.connect import queries

Q = queries("fireline.recovery")

_STATES = (*restores.READY, "failed", "swapped")


class DropRestored(Parameters):
    """Which restore; after a swap it is the replaced database that is dropped."""

    restore: str = Field(description="number of the restore, its database's name, or latest")
    now: bool = Field(False, description="also a replaced database that is to be kept longer")


def plan(target: Target, parameters: DropRestored, hand: Hand) -> Plan:
    """Which database that is, how large, who is in it, and what goes with it."""
    with hand.store.transaction() as own:
        row = restores.get(own, parameters.restore, target=target.name)
    _refuse(row, now=parameters.now)
    with beside(target) as conn:
        found = _ours(conn, target, row)
        size = conn.execute(Q["database_sizes"], {"oids": [found.oid]}).fetchone()
        sessions = sum(one["n"] for one in conn.execute(Q["sessions_of"], {"oids": [found.oid]}).fetchall())
    megabytes = None if size is None or size["bytes"] is None else round(size["bytes"] / 2**20)
    replaced = row["state"] == "swapped"
    what = f"the database that {row['database']} was before the swap" if replaced else f"restored from {row['source']}"
    lost = (
        "There is then no way back to it, and its newer rows can not be rescued any more." if replaced else _used(row)
    )
    return Plan(
        summary=f"Drop {found.name} ({what}{'' if megabytes is None else f', {megabytes} MB'}).",
        effect=f"All its data is gone; {sessions} sessions in it end. {lost}".rstrip(),
        undo="There is none: a backup is the only way back." if replaced else "Restore it again.",
        level="destructive",
        captured={
            "restore": row["id"], "state": row["state"], "oid": found.oid, "name": found.name, "now": parameters.now,
            "bytes": size["bytes"] if size else None, "sessions": sessions,
        },
    )  # fmt: skip


def _used(row: DictRow) -> str:
    """Whether a restored database that stands beside again was in use for a time."""
    written = (row["swap"] or {}).get("written_since")
    return (
        f"It was in use for a time, in which {written} rows were changed in it, as the server counts them."
        if written
        else ""
    )


def _refuse(row: DictRow, *, now: bool) -> None:
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


def _ours(conn: Connection, target: Target, row: DictRow) -> Standing:
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


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Drop exactly the one that was approved, whoever is in it."""
    wanted = plan.captured
    with hand.store.transaction() as own:
        row = restores.get(own, str(wanted["restore"]), lock=True)
        row = restores.get(own, str(wanted["restore"]))
        if row["state"] != wanted["state"]:
            raise Refused(f"restore {row['id']} is {row['state']} now", hint="Plan it again.")
        _refuse(row, now=wanted["now"])
        with beside(target, write=True) as conn:
            found = _ours(conn, target, row)
            if found.oid != wanted["oid"]:
                raise Refused(f"{found.name} is another database than the one that was approved", hint="Plan it again.")
            _drop(conn, found)
        own.execute(Q["mark_kept_dropped" if row["state"] == "swapped" else "drop_restore"],
                    {"id": row["id"], "at": clock.now()})  # fmt: skip
    return Outcome(True, f"{found.name} is dropped", {"database": found.name, "bytes": wanted["bytes"]})


def _drop(conn: Connection, found: Standing) -> None:
    try:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(found.name)))
    except psycopg.Error as no:
        said = redact.text((no.diag.message_primary or str(no)).strip().splitlines()[0])
        raise Refused(f"{found.name} could not be dropped: {said}", hint=no.diag.message_detail) from None


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether it is gone, by its number."""
    wanted: dict[str, Any] = plan.captured
    try:
        with beside(target) as conn:
            left = by_number(conn, wanted["oid"])
    except FirelineError as away:
        return Verdict(None, f"that can not be seen: {away.message}")
    return Verdict(not left, f"{wanted['name']} is {'still there' if left else 'gone'}.")


remedy = Remedy(
    name="drop-restored",
    phase="resolve",
    summary="Drop a restored database that stands beside, or the one that a swap replaced.",
    level="destructive",
    parameters=DropRestored,
    plan=plan,
    do=do,
    verify=verify,
    undo=None,
    no_undo="what is dropped only a backup brings back",
    words=("drop the restored database", "drop the replaced database", "drop the old database"),
    argument="restore",
)
