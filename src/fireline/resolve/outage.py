"""What a restart of a server would cut, end, bring and run into, as the server itself tells beforehand; nothing is changed."""

from __future__ import annotations

from typing import Any

import psycopg

from fireline.errors import Refused
from fireline.postgres.connect import Connection
from fireline.sizes import size
from fireline.store.connect import queries

Q = queries("fireline.resolve")

_KINDS = ("VACUUM", "ANALYZE", "CLUSTER", "CREATE INDEX", "BASEBACKUP")
_WITH_COPY = 140000
_NAMED = 5
_NOTHING: dict[str, Any] = {"standby": False, "may_checkpoint": False, "unlogged": 0, "temporary": 0}

Facts = dict[str, Any]


def look(conn: Connection) -> Facts:
    """Everything that the approver should know; what our role may not see is in `unknown`. The connection is in autocommit."""
    found: Facts = {"unknown": []}
    server = found["server"] = next(iter(_ask(conn, found, "restart_server", "what is stored")), dict(_NOTHING))
    kinds = [*_KINDS, *(["COPY"] if conn.info.server_version >= _WITH_COPY else [])]
    server["wal"] = next((row["bytes"] for row in _ask(conn, found, "restart_wal", "")), None)
    server["log"] = next((row["file"] for row in _ask(conn, found, "restart_log", "")), None)
    found["sessions"] = _ask(conn, found, "restart_sessions", "who is connected", {})
    found["work"] = _ask(conn, found, "restart_work", "what runs", {"kinds": kinds})
    found["prepared"] = _ask(conn, found, "restart_prepared", "prepared transactions")
    found["followers"] = _ask(conn, found, "restart_followers", "who follows this server")
    _ask(conn, found, "restart_prime", "")
    found["pending"] = _pending(conn, found)
    faults = _ask(conn, found, "restart_file_faults", "whether the configuration files can be read")
    faults += _ask(conn, found, "restart_rule_faults", "whether pg_hba.conf can be read")
    missing = _ask(conn, found, "restart_libraries", "whether the libraries to be loaded are there")
    found["faults"] = [f"{row['file']}:{row['line']} {row['error']}" for row in faults]
    found["faults"] += [f"shared_preload_libraries names {row['name']}, which is not there" for row in missing]
    return found


def _ask(conn: Connection, found: Facts, query: str, what: str, values: dict[str, Any] | None = None) -> list[Facts]:
    try:
        return [dict(row) for row in conn.execute(Q[query], values).fetchall()]
    except psycopg.Error:
        found["unknown"] += [what] if what else []
        return []


def _pending(conn: Connection, found: Facts) -> list[Facts]:
    """Settings that a restart would change: what they are and, where our role may read the files, what they would be."""
    rows = _ask(conn, found, "restart_pending", "which settings wait for a restart")
    if rows:
        names = {"names": [row["name"] for row in rows]}
        said = {row["name"]: row["then"] for row in _ask(conn, found, "restart_files", "what they would become", names)}
        rows = [{**row, "then": said.get(row["name"])} for row in rows]
    return rows


def refuse_what_would_not_start(facts: Facts) -> None:
    """Raises Refused when the server would not come back up."""
    faults = facts["faults"]
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise Refused(
            f"the server would not start again: {faults[0]}{more}",
            hint="Mend that first; `SELECT * FROM pg_file_settings WHERE error IS NOT NULL` and pg_hba_file_rules show all.",
        )


def total(facts: Facts) -> int:
    """How many sessions would be cut."""
    return sum(row["n"] for row in facts["sessions"])


def who(facts: Facts) -> str:
    """Whose sessions: 12 of app (web), 3 of reporting."""
    rows = facts["sessions"]
    named = [f"{row['n']} of {row['role'] or 'nobody known'}{_in(row['application'])}" for row in rows[:_NAMED]]
    rest = sum(row["n"] for row in rows[_NAMED:])
    return ", ".join(named + ([f"{rest} of others"] if rest else [])) or "nobody's"


def _in(application: str) -> str:
    return f" ({application})" if application else ""


def effects(facts: Facts, *, immediate: bool) -> list[str]:
    """What would be lost, disturbed, or changed: one sentence each."""
    server = facts["server"]
    open_ = sum(row["open"] for row in facts["sessions"])
    writing = sum(row["writing"] for row in facts["sessions"])
    oldest = max((row["oldest_seconds"] for row in facts["sessions"]), default=0)
    lines = [f"Sessions that are cut: {who(facts)}." if facts["sessions"] else "Nobody but Fireline is connected."]
    if open_:
        what = "transaction is" if open_ == 1 else "transactions are"
        lines.append(f"{open_} open {what} rolled back, {writing} with changes; the oldest is {oldest} s old.")
    if facts["work"]:
        told = ", ".join(
            f"{row['kind']} {row['relation'] or ''} (pid {row['pid']})".replace(" -", "")
            for row in facts["work"][:_NAMED]
        )
        lines.append(f"Work that is lost and must begin anew: {told}.")
    if facts["prepared"]:
        lines.append(
            f"Prepared transactions stay, with their locks: {', '.join(row['gid'] for row in facts['prepared'][:_NAMED])}."
        )
    if facts["followers"]:
        told = ", ".join(f"{row['kind']} {row['name']}" for row in facts["followers"][:_NAMED])
        lines.append(f"Replication stops meanwhile and goes on by itself: {told}.")
    lines += [
        f"{row['name']} becomes {row['then'] or 'what the files say'}, is {row['now']}." for row in facts["pending"]
    ]
    lines += _kept(server, immediate=immediate)
    lines += [f"Not known, as our role may not see it: {', '.join(facts['unknown'])}."] if facts["unknown"] else []
    return lines


def _kept(server: Facts, *, immediate: bool) -> list[str]:
    wal = server["wal"]
    told = f", {size(wal)} of WAL so far" if wal is not None else ""
    temporary = [f"Temporary tables are lost: {server['temporary']}."] if server["temporary"] else []
    if immediate:
        return [f"Unlogged tables become empty, of this database {server['unlogged']}, and in its others, too.", *temporary,
                "The counters of all statistics are lost.",
                f"Nothing that was committed is lost: the server recovers from its last checkpoint{told}."]  # fmt: skip
    if server["may_checkpoint"]:
        told = f"A checkpoint is made first, so that stopping is short{told}."
    else:
        told = f"Our role may not make a checkpoint first, so stopping takes as long as the server's own{told}."
    return [*temporary, "Unlogged tables and statistics are kept.", told]
