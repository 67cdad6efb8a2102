"""What stands around two databases rather than in their tables: settings, access, replication, jobs, files kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from fireline.postgres.watch import Watch
from fireline.recovery.differing.catalogs import Unread, pairwise
from fireline.recovery.differing.sides import Q, Side, why
from fireline.recovery.differing.told import Told, entry, many

_CARRIED = "the swap carries it over"


def entries(live: Side, restored: Side, watch: Watch, unread: list[Unread]) -> Iterator[Told]:
    """Everything around them that differs, as entries of the three lists."""
    try:
        found = {
            row["name"]: row for row in live.rows(Q["of_databases"], {"names": [live.database, restored.database]})
        }
    except psycopg.Error as fault:
        if live.conn.closed:
            raise
        unread.append(Unread("settings and access of the databases", why(fault)))
    else:
        yield from _databases(found[live.database], found[restored.database])
    yield from _jobs(live, restored, watch, unread)
    yield from _never_analyzed(live, restored, watch, unread)
    yield from _files(live)
    says = "Roles, their memberships and their passwords are the server's: they stay as they are, and are in no backup of a database."
    yield "missing", entry("roles", "roles", says)


def _databases(live: dict[str, Any], restored: dict[str, Any]) -> Iterator[Told]:
    """What the server's catalog says of each."""
    for key, says in (
        ("settings", "The settings of the database and of roles in it"),
        ("acl", "Who may connect to the database"),
        ("connection_limit", "The connection limit of the database"),
        ("owner", "The owner of the database"),
    ):
        if live[key] != restored[key]:
            yield "missing", entry(key, live["name"], f"{says} are not in the restored one: {_CARRIED}." if key == "settings"
                                   else f"{says} differs: {_CARRIED}.", live=live[key], restored=restored[key])  # fmt: skip
    for key in ("encoding", "collate", "ctype", "tablespace"):
        if live[key] != restored[key]:
            says = f"The {key} of the database is {live[key]}, and {restored[key]} there; it can not be changed afterwards."
            yield "missing", entry(key, live["name"], says, live=live[key], restored=restored[key])
    for one in live["subscriptions"]:
        says = f"The subscription {one['name']} belongs to the present database and stays with it: the restored one receives nothing."
        yield "missing", entry("subscription", one["name"], says, enabled=one["enabled"])
    for one in restored["subscriptions"]:
        if one["enabled"]:
            says = f"The subscription {one['name']} is on in the restored one and receives changes already."
            yield "back", entry("subscription", one["name"], says, enabled=True)
        else:
            says = f"The subscription {one['name']} is in the restored one, switched off."
            yield "missing", entry("subscription", one["name"], says, enabled=False)
    for one in live["slots"]:
        says = f"The replication slot {one['name']} belongs to the present database and stays with it{', in use now' if one['active'] else ''}."
        yield "missing", entry("slot", one["name"], says, active=one["active"])
    if live["prepared"]:
        says = f"{many(live['prepared'], 'prepared transaction')} of the present database {'stays' if live['prepared'] == 1 else 'stay'} with it, undecided."
        yield "missing", entry("prepared transactions", live["name"], says)


def _jobs(live: Side, restored: Side, watch: Watch, unread: list[Unread]) -> Iterator[Told]:
    """Jobs of pg_cron that run again, and those that do not any more."""

    def read(side: Side) -> dict[Any, dict[str, Any]]:
        if "cron.job" not in side.tables:
            return {}
        return {(row["name"], row["schedule"], row["command"]): row for row in side.rows(Q["jobs_to_compare"])}

    ours, theirs = pairwise(live, restored, "the jobs of pg_cron", read, watch, unread) or ({}, {})
    for key in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(key), theirs.get(key)
        name, schedule, _ = key
        if other and other["active"] and not (mine and mine["active"]):
            how = "deleted or changed" if mine is None else "switched off"
            yield (
                "back",
                entry(
                    "cron job", name, f"The cron job {name} ({schedule}), {how} since, runs again.", schedule=schedule
                ),
            )
        elif mine and mine["active"] and not (other and other["active"]):
            how = "is not there" if other is None else "is switched off there"
            yield "lost", entry("cron job", name, f"The cron job {name} ({schedule}) {how}.", schedule=schedule)


def _never_analyzed(live: Side, restored: Side, watch: Watch, unread: list[Unread]) -> Iterator[Told]:
    def read(side: Side) -> int:
        return int(side.rows(Q["never_analyzed"])[0]["number"])

    found = pairwise(live, restored, "statistics", read, watch, unread)
    if found is not None and found[1]:
        says = f"{many(found[1], 'table')} of the restored one {'has' if found[1] == 1 else 'have'} no statistics until ANALYZE ran: plans may be bad."
        yield "missing", entry("statistics", "statistics", says, tables=found[1])


def _files(live: Side) -> Iterator[Told]:
    """Files whose names are rows here and whose content is elsewhere."""
    table = live.tables.get("storage.objects")
    if table is None or "bucket_id" not in table.columns:
        return
    says = "Files of Supabase Storage are not in a database: files deleted since stay deleted though their rows are back, and files made since lose theirs."
    yield "missing", entry("storage", "storage.objects", says)
