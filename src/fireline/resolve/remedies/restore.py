"""Restore a backup beside the database in use, and say whether what is in it is what was backed up. Never in its place."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import DictRow
from pydantic import Field

from fireline import clock, redact
from fireline.errors import FirelineError, Refused
from fireline.postgres import client_tools, disk
from fireline.postgres.client_tools import ClientTools
from fireline.postgres.connect import Target, connect, database_of, identity
from fireline.recovery import dump, loading, restores, restoring, sources
from fireline.recovery.loading import Way
from fireline.recovery.names import identifier
from fireline.recovery.restoring import Place
from fireline.recovery.sources import Source
from fireline.recovery.swapping import swap as swapping
from fireline.resolve import swapping as swap
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict, durations
from fireline.sizes import size
from fireline.store.connect import Connection

_LIMIT = timedelta(seconds=20)
_CHECKED_AT_ONCE = 200_000_000  # bytes: a dump up to this size is read to its end before anybody is asked
_SIGNED_AT_ONCE = 2_000_000_000  # the same of one whose checksums are signed: they are quick to reckon
_SPARE = 1.1


class Restore(Parameters):
    """What is restored, and to where."""

    backup: str = Field(
        "latest",
        description="a backup's name, `latest`, or the path of a dump: .sql, .sql.gz, .sql.zst, .dump, .tar, a folder",
    )
    as_: str | None = Field(None, description="name of the new database; by default the one in use with the date")
    jobs: int | None = Field(None, ge=1, le=64, description="how many tables at once; by default the machine's cores")
    swap: bool = Field(False, description="when the comparison passes, put it in the place of the one in use at once")
    keep: str | None = Field(None, description="with --swap: how long the replaced database is kept, such as 7d")
    foreign: bool = Field(False, description="also take a script that pg_dump did not make")
    owners: bool = Field(True, description="give everything to the owners it had; without, to the role that restores")

    _times = durations("keep")


def plan(target: Target, parameters: Restore, hand: Hand) -> Plan:
    """What it is, whether it is whole and fits, and where it would go. Raises Refused before anything is started."""
    with hand.store.transaction() as conn:
        source = sources.find(conn, hand.settings, parameters.backup, target=target.name)
    with connect(target, acting=True, statement_timeout=_LIMIT) as conn:
        _check_writable(conn, target)
        major, tools = _tools(conn, source, hand)
        _check_version(source, major)
        free = _check_room(conn, source)
    if source.archive.bytes <= (_SIGNED_AT_ONCE if source.made else _CHECKED_AT_ONCE):
        _check(target, source, tools, major, hand, owners=parameters.owners, foreign=parameters.foreign)
    if parameters.swap and source.made is None:
        raise Refused(
            f"{source.label} has no manifest, so nothing could be compared before the swap",
            hint="Restore it without --swap, look at `fireline restore diff latest`, then `fireline swap latest --accept REASON`.",
        )
    database = database_of(target)
    beside = parameters.as_ or restores.name_for(database, clock.now())
    _check_name(target, beside)
    of = f"of {source.snapshot_at:%Y-%m-%d %H:%M:%S} UTC" if source.snapshot_at else "whose moment is not known"
    compared = (
        "compare every table, row, sequence and object with its signed manifest"
        if source.made
        else "count what is in it: it has no manifest to compare with"
    )
    then = (
        f" When everything is equal, put it in the place of {database}, which is kept: the application then goes on with older rows."
        if parameters.swap
        else ""
    )
    if source.made is not None and (source.made.target, source.made.database) != (target.name, database):
        if parameters.swap:
            raise Refused(
                f"{source.label} is a backup of {source.made.database} of {source.made.target} and not of {database} of {target.name}: it is not put in its place unseen",
                hint="Restore it without --swap, look at `fireline restore diff latest`, then `fireline swap latest --accept REASON`.",
            )
        of += f", a backup of {source.made.database} of {source.made.target} and NOT of {database} of {target.name}"
    return Plan(
        summary=f"Restore {source.label}, {of}, to the new database {beside} beside {database} on {target.name}; then {compared}.{then}",
        effect=f"{database} is not touched{' before that; at the swap its sessions end' if parameters.swap else ''}. It takes about {size(source.size)}"
        + (f" of {size(free)} free" if free is not None else "; how much is free at the server can not be seen")
        + ", and the server is busier while it lasts.",
        undo=f"The replaced database is put back; {beside} stays beside."
        if parameters.swap
        else f"The database {beside} is dropped.",
        level="destructive" if parameters.swap else "reversible",
        captured={
            "source": source.captured(),
            "wanted": parameters.backup,
            "database": database,
            "beside": beside,
            "token": secrets.token_hex(16),
            "jobs": dump.jobs_of(hand.settings.recovery, parameters.jobs),
            "owners": parameters.owners,
            "swap": parameters.swap,
            "keep": parameters.keep,
            "foreign": parameters.foreign,
        },
    )


def _tools(conn: Connection, source: Source, hand: Hand) -> tuple[int, ClientTools]:
    """The server's version, and the tools that can read the dump and speak to the server."""
    major = conn.info.server_version // 10000
    return major, client_tools.find(
        max(major, source.archive.tool_major or 0),
        configured=hand.settings.recovery.binaries,
        tls=conn.pgconn.ssl_in_use,
    )


def _check_writable(conn: Connection, target: Target) -> None:
    if identity(conn).timeline is None:
        raise Refused(f"{target.name} is a standby: no database can be made on it",
                      hint="Name the primary as the target, or restore to a server of its own.")  # fmt: skip


def _check_version(source: Source, major: int) -> None:
    came_from = source.made.server["major"] if source.made else source.archive.server_major
    if came_from is not None and came_from > major:
        raise Refused(f"{source.label} is of PostgreSQL {came_from}, and this server is {major}: it can not be restored to an older one",
                      hint="Restore it to a server of its own version.")  # fmt: skip


def _check(
    target: Target, source: Source, tools: ClientTools, major: int, hand: Hand, *, owners: bool, foreign: bool
) -> None:
    """Read it to its end, and see that the server has every role it names."""
    checked = sources.check(source, tools, hand.settings, hand.watch, major=major, foreign=foreign, deep=False)
    if not owners:
        return
    with connect(target, acting=True, statement_timeout=_LIMIT) as conn:
        missing = restoring.missing_roles(conn, checked.roles)
    if missing:
        lines = " ".join(f"CREATE ROLE {identifier(name)} NOLOGIN;" for name in missing)
        raise Refused(f"{source.label} needs roles that this server has not: {', '.join(missing)}",
                      hint=f"Make them: {lines} Or restore with --no-owners.")  # fmt: skip


def _check_room(conn: Connection, source: Source) -> int | None:
    free = disk.free_bytes(conn, identity(conn).data_directory)
    if free is not None and free < source.size * _SPARE:
        raise Refused(f"restored it takes about {size(source.size)}, and the server has {size(free)} free",
                      hint="Make room at the server, or restore to another one.")  # fmt: skip
    return free


def _check_name(target: Target, name: str) -> None:
    if not 0 < len(name.encode()) <= restores.LONGEST_NAME or "\0" in name:
        raise Refused(f"{name!r} is no name for a database: it must have 1 to {restores.LONGEST_NAME} bytes")
    if restoring.exists(target, name):
        raise Refused(f"there is a database {name} already", hint="Name another one with --as.")


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Check to the end, row, database, load, statistics, census; what fails leaves nothing behind but its row."""
    captured = plan.captured
    with hand.store.transaction() as conn:
        source = sources.find(conn, hand.settings, captured["wanted"], target=target.name)
        left = restores.left_behind(conn, target.name)
    if source.captured() != captured["source"]:
        raise Refused(
            f"{source.label} is not the one that was approved: it has changed since", hint="Ask for the restore again."
        )
    _clear(target, left, hand)
    place = Place(target, captured["beside"], captured["token"])
    with connect(target, acting=True, statement_timeout=_LIMIT) as conn:
        major, tools = _tools(conn, source, hand)
        here, spaces = disk.beside_us(conn), restoring.has_tablespaces(conn)
    _check(target, source, tools, major, hand, owners=captured["owners"], foreign=captured["foreign"])
    _check_name(target, place.database)
    with hand.store.transaction() as conn:
        number = restores.begin(
            conn, target=target.name, source=source.label, backup=source.backup, database=captured["database"],
            beside=place.database, token=place.token, snapshot_at=source.snapshot_at, by=hand.actor,
        )  # fmt: skip
    way = Way(
        tools,
        major,
        captured["jobs"],
        captured["owners"],
        captured["foreign"],
        spaces,
        loading.memory_of(captured["jobs"], here=here),
    )
    try:
        with restores.loading(hand.store, number):
            report = _load(target, source, place, way, hand)
    except (FirelineError, psycopg.Error) as fault:
        said = fault.message if isinstance(fault, FirelineError) else redact.text(str(fault).strip().splitlines()[0])
        with hand.store.transaction() as conn:
            restores.end(conn, number, "failed", error=said)
        with suppress(FirelineError):  # the next restore does it then; why this one failed is what counts
            restoring.drop(target, place.database, place.token)
        raise
    with hand.store.transaction() as conn:
        restores.end(conn, number, report["verdict"], report=report)
    done = _outcome(number, place, report)
    return (
        _swapped(target, done, number, captured, hand) if captured["swap"] and report["verdict"] == "passed" else done
    )


def _load(target: Target, source: Source, place: Place, way: Way, hand: Hand) -> dict[str, Any]:
    """Database, rows, statistics, comparison; the report."""
    began = time.monotonic()
    restoring.create(place, source.made.counted().database if source.made else restoring.likeness(target))
    with sources.unwrapped(source, hand.settings, hand.watch) as opened:
        spent = loading.load(opened, place, way, hand.watch)
    report = restoring.judge(source, place, hand.watch, jobs=way.jobs)
    restoring.protect(place)
    return {**report, **spent, "whole_seconds": round(time.monotonic() - began, 2)}


def _swapped(target: Target, done: Outcome, number: int, captured: dict[str, Any], hand: Hand) -> Outcome:
    """The same, with the restored database in the place of the one in use; a swap that can not be leaves it beside."""
    told = swap.Swap(restore=str(number), keep=captured["keep"])
    try:
        after = swap.do(target, swap.plan(target, told, hand), hand)
    except FirelineError as not_now:
        text = f"{done.summary}. It was not swapped in: {not_now.message}"
        return Outcome(False, text, done.facts)
    return Outcome(after.ok, f"{done.summary}. {after.summary}", {**done.facts, "swap": after.facts})


def _clear(target: Target, left: list[DictRow], hand: Hand) -> None:
    """Drop what earlier restores that died have left: only what bears their tokens. What can not be dropped stops nobody."""
    for row in left:
        with suppress(FirelineError, psycopg.Error):
            restoring.drop(target, row["beside"], row["token"])
            with hand.store.transaction() as conn:
                restores.dropped(conn, row["id"])


def _outcome(number: int, place: Place, report: dict[str, Any]) -> Outcome:
    words = restores.VERDICTS[report["verdict"]]
    first = f": {report['differences'][0]['says']}" if report["differences"] else ""
    text = f"{words}: restore {number} is in {place.database}, {report['tables']} tables, {report['rows']} rows; {report['why']}{first}"
    return Outcome(report["verdict"] != "differs", text, {"restore": number, "database": place.database, **report})


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """What the row of the restore says, and whether its database is there."""
    with hand.store.transaction() as conn:
        row = restores.by_token(conn, plan.captured["token"])
    if row is None:
        return Verdict(False, "It was not begun.")
    if plan.captured["swap"]:
        return _verify_swapped(row)
    if row["state"] == "restoring":
        return Verdict(False, f"It was broken off; {row['beside']} is half made, and nothing else was touched.")
    there = restoring.exists(target, row["beside"])
    good = there and row["state"] in restores.READY and row["state"] != "differs"
    return Verdict(
        good, f"Restore {row['id']} {row['state']}; database {row['beside']} is {'there' if there else 'not there'}."
    )


def _verify_swapped(row: DictRow) -> Verdict:
    if row["state"] == "swapping":
        return Verdict(None, "The swap is under way, or a worker is about to settle it.")
    said = f"Restore {row['id']} is {row['state']}."
    return Verdict(row["state"] == "swapped", said)


def undo(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Drop the database that was made; one that was swapped in is swapped out instead, and stays beside."""
    with hand.store.transaction() as conn:
        row = restores.by_token(conn, plan.captured["token"], lock=True)
    if row is not None and row["state"] in ("swapping", "swapped"):
        if not plan.captured["swap"]:
            raise Refused(f"restore {row['id']} is in use now: it was swapped in", hint="Undo the swap first.")
        back = swapping.back(hand.store, target, {**row["swap"], "restore": row["id"]}, by=hand.actor)
        return Outcome(True, f"the database from before is {back['database']} again; {row['beside']} stays beside")
    there = restoring.drop(target, plan.captured["beside"], plan.captured["token"])
    if row is not None:
        with hand.store.transaction() as conn:
            restores.dropped(conn, row["id"])
    return Outcome(True, f"database {plan.captured['beside']} {'was dropped' if there else 'was not there any more'}")


remedy = Remedy(
    name="restore",
    phase="resolve",
    summary="Restore a backup beside the database in use, and prove it.",
    level="reversible",
    parameters=Restore,
    plan=plan,
    do=do,
    verify=verify,
    undo=undo,
    words=("restore from backup", "restore database from backup", "restore the database", "restore backup"),
    argument="backup",
)
