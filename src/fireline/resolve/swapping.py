"""A swap as a step: planned with a rehearsal, done, looked at, undone. Shared by `swap` and `restore --swap`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import DictRow
from pydantic import Field

from fireline import clock, redact
from fireline.errors import FirelineError, Refused
from fireline.postgres.connect import Connection, Target, beside, connect, database_of
from fireline.recovery import restores, single_table
from fireline.recovery.swapping import carry, obstacles, swap
from fireline.recovery.swapping.standing import Standing, by_number, sessions_in, size_of
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Verdict, durations
from fireline.settings import duration


class Swap(Parameters):
    """Which restore, and what becomes of the database that it replaces."""

    restore: str = Field("latest", description="number of the restore, its database's name, or latest")
    keep: str | None = Field(
        None, description="how long the replaced database is kept: 7d; as the settings say if left out"
    )
    kept: str | None = Field(None, description="name for the replaced database; its own with the moment if left out")
    accept: str | None = Field(
        None,
        description="a reason to take a restore that differs from its backup, or that nothing could be compared with",
    )

    table: str | None = Field(
        None, description="where no database can be renamed: only show the statements that exchange this table's rows"
    )

    _times = durations("keep")


def plan(target: Target, parameters: Swap, hand: Hand) -> Plan:
    """Look at both databases and at what stands in the way; try what is carried over, and roll it back."""
    if parameters.table is not None:
        return _of_one_table(target, parameters.table)
    obstacles.managed(target)
    with hand.store.transaction() as own:
        row = restores.get(own, parameters.restore, target=target.name)
    _refuse_what_is_not_ready(target, row, parameters.accept)
    with beside(target, write=True) as conn:
        live, side = swap.pair(conn, row)
        obstacles.rights(conn, live, side)
        obstacles.bound(conn, live)
        kept = obstacles.free_name(conn, parameters.kept, live.name, f"{clock.now():%Y%m%dT%H%M}")
        _rehearse(conn, live, side)
        sizes, there = size_of(conn, live.oid, side.oid), sessions_in(conn, live.oid, side.oid)
        said = obstacles.outsiders(target, conn, live)
    keep = duration(parameters.keep) if parameters.keep else hand.settings.recovery.keep_replaced
    sessions = [{**one, "database": live.name if one["oid"] == live.oid else side.name} for one in there]
    notes = [*_unlike(live, side), *said]
    return Plan(
        summary=f"Put {side.name}, restored from {row['source']}, in the place of {live.name}; what is {live.name} now is kept as"
        f" {kept}, or a like name, until {clock.now() + keep:%Y-%m-%d %H:%M} UTC.",
        effect=" ".join([_effect(row, live, side, sessions), *notes]),
        undo=f"`fireline undo` takes two renames, which bring {kept} back under the name {live.name}, as long as it is kept."
        f" Rows written after the swap stay in {side.name}, which is then beside again.",
        level="destructive",
        captured={
            "restore": row["id"], "source": row["source"], "live": live.outline(), "side": side.outline(), "kept": kept,
            "wanted": parameters.kept, "keep_seconds": keep.total_seconds(), "accepted": parameters.accept,
            "sessions": sessions, "bytes": {live.name: sizes[live.oid], side.name: sizes[side.oid]},
            "notes": notes,
        },
    )  # fmt: skip


def _of_one_table(target: Target, table: str) -> Plan:
    """What a person would run to exchange one table's rows; nothing is done by us."""
    with connect(target, acting=True) as conn:
        found = single_table.statements(conn, table)
    return Plan(
        summary=f"Show the statements that exchange the rows of {table} for those of a restored copy; run nothing.",
        effect="Nothing is changed. Whoever runs them has the table wait while its rows are replaced, in one transaction.",
        undo="Nothing to undo; the last of the statements are their way back.",
        level="read",
        captured={"suggestions": found},
    )


def _refuse_what_is_not_ready(target: Target, row: DictRow, accept: str | None) -> None:
    """Only a whole restore of this very database, and of those only one that was compared, or accepted with a reason."""
    number, state = row["id"], row["state"]
    if row["database"] != database_of(target):
        raise Refused(
            f"restore {number} is of database {row['database']}, and target {target.name} is {database_of(target)} now",
            hint="Name the target whose database it was restored for.",
        )
    if state not in restores.READY:
        raise Refused(
            f"restore {number} can not be swapped: it is {state}", hint="`fireline restore list` shows those that can."
        )
    if state != "passed" and not (accept or "").strip():
        why = "it differs from its backup" if state == "differs" else "there was nothing to compare it with"
        raise Refused(
            f"restore {number} is {state}: {why}",
            hint=f"See `fireline restore show {number}`; --accept REASON takes it all the same, and the reason is kept.",
        )


def _rehearse(conn: Connection, live: Standing, side: Standing) -> None:
    """Carry everything over and roll it back, so that what our role may not do is known before anybody is turned away."""
    try:
        with conn.transaction(force_rollback=True):
            carry.put(conn, live, side.name)
    except psycopg.Error as no:
        said = redact.text((no.diag.message_primary or str(no)).strip().splitlines()[0])
        raise Refused(f"what stands on {live.name} can not be put onto {side.name}: {said}") from None


def _effect(row: DictRow, live: Standing, side: Standing, sessions: list[dict[str, Any]]) -> str:
    moment = f"as they were at {row['snapshot_at']:%Y-%m-%d %H:%M} UTC" if row["snapshot_at"] else "as old as its file"
    number = sum(one["n"] for one in sessions if one["database"] == live.name)
    looking = sum(one["n"] for one in sessions if one["database"] == side.name)
    ended = f"{number} session{'' if number == 1 else 's'} in {live.name}" + (
        f" and {looking} in {side.name}" if looking else ""
    )
    return (
        f"The application goes on with rows {moment}: what was written since is only in the kept database"
        f" (`fireline restore diff {row['id']}` tells what). {ended} end; for a moment connections are refused."
        " Settings, rights, owner, limits and comment stay as they are."
    )


def _unlike(live: Standing, side: Standing) -> list[str]:
    """What the restored database was made with, and no rename changes."""
    said = [
        f"Its {key} is {side.locale[key]}, not {value}."
        for key, value in live.locale.items()
        if side.locale[key] != value
    ]
    if live.tablespace != side.tablespace:
        said.append(f"It lies in tablespace {side.tablespace}, not {live.tablespace}.")
    return said


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Exchange them; on any failure the one that was in use is in use and open."""
    if "suggestions" in plan.captured:
        return Outcome(
            True, "nothing was run; the statements are in the plan", {"statements": plan.captured["suggestions"]}
        )
    keep = timedelta(seconds=plan.captured["keep_seconds"])
    done = swap.there(hand.store, target, plan.captured, keep=keep, by=hand.actor)
    return Outcome(
        True,
        f"{plan.captured['side']['name']} is {done['database']} now; the one before is kept as {done['kept']}",
        done,
    )


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Which database bears the name now, by its number, and whether it lets people in as it did."""
    if "suggestions" in plan.captured:
        return Verdict(True, "Nothing was changed.")
    live, side = Standing.of(plan.captured["live"]), Standing.of(plan.captured["side"])
    try:
        with hand.store.transaction() as own:
            row = restores.get(own, str(plan.captured["restore"]))
        with beside(target) as conn:
            found = by_number(conn, live.oid, side.oid)
    except FirelineError as away:
        return Verdict(None, f"that can not be seen: {away.message}")
    if row["state"] == "swapping":
        return Verdict(None, "It is under way, or a worker is about to settle it.")
    allowed = row["swap"]["live"]["allows"] if row["swap"] else live.allows  # a fence may have come after the plan
    new = found.get(side.oid)
    if new is None or new.name != live.name:
        return Verdict(False, f"{live.name} is not the restored database.")
    if new.allows != allowed:
        return Verdict(False, f"{live.name} is the restored database, but {'no longer' if allowed else 'again'} open.")
    if not new.allows:
        return Verdict(True, f"{live.name} is the restored database; closed, as it was before.")
    try:
        with connect(target, acting=True) as conn:
            conn.execute("SELECT")
    except FirelineError as away:
        return Verdict(False, f"{live.name} is the restored database, but it does not let us in: {away.message}")
    return Verdict(True, f"{live.name} is the restored database, and it is open.")


def undo(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Bring the replaced database back; the restored one stands beside again, with whatever was written to it."""
    done = swap.back(hand.store, target, plan.captured, by=hand.actor)
    if done["already"]:
        return Outcome(True, f"the database from before is {done['database']} already", done)
    written = done["written_since"]
    number = "how many can not be told" if written is None else f"{written} as the server counts them"
    return Outcome(
        True,
        f"the database from before is {done['database']} again; what was changed since the swap ({number}) is in {done['kept']}",
        done,
    )
