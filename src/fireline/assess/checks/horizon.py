"""Who holds back the oldest transaction that must stay visible, so that dead rows can not be removed; how old tables are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fireline import redact
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

MOST_HOLDERS, MOST_OLD = 40, 20

# A session that has taken a transaction id holds back as much as one with a snapshot. Our own session does not count.
_HOLDERS = """
SELECT * FROM (
    SELECT CASE WHEN backend_type = 'walsender' THEN 'standby' ELSE 'session' END AS kind, pid::text AS name, pid,
        greatest(age(backend_xmin), age(backend_xid)) AS age, NULL::int AS catalog_age, datname AS database, usename AS owner,
        coalesce(application_name, '') AS application, host(client_addr) AS client, state, backend_start, xact_start AS since,
        state_change AS state_since, backend_xid IS NOT NULL AS wrote, backend_type AS type, left(query, 400) AS query
    FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
    UNION ALL
    SELECT 'prepared', gid, NULL, age(transaction), NULL, database, owner, '', NULL, NULL, NULL, prepared, NULL, true, NULL, NULL
    FROM pg_prepared_xacts
    UNION ALL
    SELECT 'slot', slot_name, active_pid, age(xmin), age(catalog_xmin), database, NULL, coalesce(plugin, slot_type), NULL,
        CASE WHEN active THEN 'active' ELSE 'inactive' END, NULL, (to_jsonb(s) ->> 'inactive_since')::timestamptz, NULL, false, slot_type, NULL
    FROM pg_replication_slots s WHERE xmin IS NOT NULL OR catalog_xmin IS NOT NULL
) AS holding ORDER BY greatest(age, catalog_age) DESC NULLS LAST LIMIT %(most)s
"""
# Named once they are chosen: to name every table of a large database takes long.
_OLD = """
SELECT c.oid::bigint AS oid, c.oid::regclass::text AS name, c.age, mxid_age(c.relminmxid) AS multixact_age,
    greatest(c.reltuples, 0)::bigint AS rows, c.relpersistence = 't' AS temporary
FROM (SELECT *, age(relfrozenxid) AS age FROM pg_class WHERE relkind IN ('r', 'm', 't') AND relfrozenxid <> '0'
    ORDER BY age(relfrozenxid) DESC LIMIT %(most)s) c ORDER BY c.age DESC
"""
# System tables alone: those of the team are what the check `tables` reads.
_CATALOGS = """
SELECT c.oid::regclass::text AS name, pg_stat_get_live_tuples(c.oid) AS live, pg_stat_get_dead_tuples(c.oid) AS dead,
    greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid)) AS vacuumed
FROM pg_class c WHERE c.relkind = 'r' AND c.oid < 16384 AND pg_stat_get_dead_tuples(c.oid) > 0
ORDER BY 3 DESC LIMIT 10
"""
_MOMENT = """
SELECT clock_timestamp() AS at, current_database() AS current,
    (SELECT count(*) FROM pg_stat_activity WHERE query = '<insufficient privilege>' AND usename IS NOT NULL) AS hidden
"""


@dataclass(frozen=True)
class Holder:
    """What holds the horizon back. age: in transactions, for all rows; catalog_age: for catalogs alone (logical slots).

    kind: session, prepared, slot, or standby (its hot_standby_feedback arrives at a walsender).
    """

    kind: Literal["session", "prepared", "slot", "standby"]
    name: str  # pid, gid or name of the slot
    pid: int | None
    age: int | None
    catalog_age: int | None
    database: str | None
    owner: str | None
    application: str  # of a slot its plugin, or physical
    client: str | None
    state: str | None
    backend_start: datetime | None
    since: datetime | None  # its transaction began, it was prepared, the slot became inactive
    state_since: datetime | None
    wrote: bool
    type: str | None  # client backend, autovacuum worker …; physical, logical
    query: str | None

    @property
    def oldest(self) -> int:
        """How far it holds back whatever it holds back."""
        return max(self.age or 0, self.catalog_age or 0)


@dataclass(frozen=True)
class Old:
    """One of the tables of this database that were frozen longest ago."""

    oid: int
    name: str
    age: int
    multixact_age: int
    rows: int
    temporary: bool


@dataclass(frozen=True)
class Dead:
    """A system table with rows that are dead and not removed."""

    name: str
    live: int
    dead: int
    vacuumed: datetime | None


@dataclass(frozen=True)
class Horizon:
    """The holders, the one furthest back first, and the oldest tables of this database; dead rows in system tables."""

    at: datetime
    current: str
    hidden: int = 0  # sessions of others that our role may not see
    holders: tuple[Holder, ...] = ()
    old: tuple[Old, ...] = ()
    catalogs: tuple[Dead, ...] = ()


def read(conn: Connection, sofar: Snapshot) -> Horizon:
    """Holders and ages now."""
    del sofar
    moment = conn.execute(_MOMENT).fetchone()
    assert moment is not None
    holders = conn.execute(_HOLDERS, {"most": MOST_HOLDERS}).fetchall()
    old = conn.execute(_OLD, {"most": MOST_OLD}).fetchall()
    return Horizon(
        **moment,
        holders=tuple(
            Holder(**{**row, "query": " ".join(redact.text(row["query"]).split()) if row["query"] else None})
            for row in holders
        ),
        old=tuple(Old(**row) for row in old),
        catalogs=tuple(Dead(**row) for row in conn.execute(_CATALOGS).fetchall()),
    )


def blind(reading: Horizon) -> str | None:
    """Why the reading shows only a part."""
    return "may not see what other sessions hold back; grant it pg_monitor" if reading.hidden else None


check = Check("horizon", read, blind=blind)
