"""How an incident ends: resolved, dismissed, closed for good, or opened again."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.errors import Refused
from fireline.incident import clocks, findings
from fireline.incident.people import Actor, need
from fireline.incident.response import respond
from fireline.incident.row import ACTIVE, ENDED, REASON, TOP_RANK, Q, answer, lock, must_be_open, name, words
from fireline.incident.scheme import Scheme
from fireline.incident.timeline import tell
from fireline.store.connect import Connection, all_rows, one
from fireline.store.wake import wake


def resolve(
    conn: Connection, actor: Actor, *, incident: str, resolution: str = "", reason: str = "", scheme: Scheme
) -> dict[str, Any]:
    """Resolve an incident: users are well again. While its cause is still seen, only with a reason."""
    need(actor, "responder")
    how = words(resolution, "the resolution", limit=2000, required=False)
    why = words(reason, "the reason", limit=REASON, required=False, one_line=True)
    row = lock(conn, incident)
    called = name(row["id"])
    if row["status"] in ENDED:
        if row["status"] == "dismissed":
            must_be_open(row)
        return answer(row, f"{called} is {row['status']} already.", changed=False)
    no_runs(conn, row)
    finding = findings.newest(conn, row["id"])
    red = finding is not None and finding["probe_state"] == "red"
    if finding is not None and red and not why:
        hint = f'Remove the cause first, or say why it may stay: `fireline incident resolve {called} --reason "why"`.'
        raise Refused(f"the cause is still there: {finding['title']}", hint=hint)
    now = clock.now()
    respond(conn, row, actor, now)
    conn.execute(Q["resolve"], {"incident": row["id"], "now": now, "resolution": how or why or None, "red": red})
    tell(conn, row["id"], "resolved", actor, resolution=how, red=red, reason=why)
    if row["severity_rank"] <= TOP_RANK:
        clocks.start(conn, row["id"], "postmortem", now, scheme.postmortem(now))
    wake(conn, "tell", row["id"])
    still = ", although its cause is still there" if red else ""
    return answer(row, f"{called} is resolved{still}.", status="resolved", resolved_red=red)


def dismiss(conn: Connection, actor: Actor, *, incident: str, reason: str) -> dict[str, Any]:
    """Dismiss an incident that is none, with the reason: nobody needs to respond, and nothing is reviewed."""
    need(actor, "responder")
    why = words(reason, "the reason", limit=REASON, one_line=True)
    row = lock(conn, incident)
    called = name(row["id"])
    if row["status"] == "dismissed":
        return answer(row, f"{called} is dismissed already.", changed=False)
    must_be_open(row)
    no_runs(conn, row)
    respond(conn, row, actor, clock.now())
    conn.execute(Q["set_status"], {"incident": row["id"], "status": "dismissed"})
    tell(conn, row["id"], "dismissed", actor, reason=why)
    wake(conn, "tell", row["id"])
    return answer(row, f"{called} is dismissed.", status="dismissed")


def reopen(conn: Connection, actor: Actor, *, incident: str, reason: str, scheme: Scheme) -> dict[str, Any]:
    """Open an incident again that is not over after all, with the reason; it is assessed anew."""
    need(actor, "responder")
    why = words(reason, "the reason", limit=REASON, one_line=True)
    row = lock(conn, incident)
    called = name(row["id"])
    if row["status"] in ACTIVE:
        return answer(row, f"{called} is open: {row['status']}.", changed=False)
    conn.execute(Q["reopen"], {"incident": row["id"]})
    tell(conn, row["id"], "reopened", actor, reason=why)
    clocks.cancel(conn, row["id"], "postmortem")
    if not actor.is_person:  # it came back by itself: nobody is at it
        conn.execute(Q["forget_acknowledgement"], {"incident": row["id"]})
    if not actor.is_person or row["acknowledged_at"] is None:
        now = clock.now()
        severity = scheme.known(row["severity"])
        deadline = scheme.response(severity, now) if severity else None
        if deadline:
            clocks.start(conn, row["id"], "response", now, deadline)
    for topic in ("tell", "assess", "respond", "surroundings"):
        if topic != "assess" or row["target"]:
            wake(conn, topic, row["id"])
    return answer(row, f"{called} is open again.", status="assessing")


def close(conn: Connection, actor: Actor, *, incident: str) -> dict[str, Any]:
    """Close a resolved incident for good: it was looked back at. The two highest severities need a post-mortem."""
    need(actor, "responder")
    row = lock(conn, incident)
    called = name(row["id"])
    if row["status"] == "reviewed":
        return answer(row, f"{called} is closed already.", changed=False)
    if row["status"] != "resolved":
        hint = (
            "Resolve it first."
            if row["status"] in ACTIVE
            else f'Open it again: `fireline incident reopen {called} --reason "why"`.'
        )
        raise Refused(f"{called} is {row['status']}, not resolved", hint=hint)
    if row["severity_rank"] <= TOP_RANK:
        seen = one(conn, Q["postmortem_seen"], incident=row["id"])
        if seen is None or not seen["seen"]:
            lacks = "it has no post-mortem" if seen is None else "nobody has looked at its post-mortem"
            hint = f"Read it: `fireline incident postmortem {called} --out draft.md`; save it with `--edit draft.md`."
            raise Refused(f"{called} is {row['severity']}, and {lacks}", hint=hint)
    now = clock.now()
    clocks.stop(conn, row["id"], "postmortem", now)
    conn.execute(Q["close"], {"incident": row["id"], "now": now})
    tell(conn, row["id"], "closed", actor)
    return answer(row, f"{called} is closed.", status="reviewed")


def no_runs(conn: Connection, row: DictRow) -> None:
    """Refused while a procedure is still being carried out for the incident."""
    going = all_rows(conn, Q["runs_going"], incident=row["id"])
    if going:
        first = going[0]
        more = f" and {len(going) - 1} more" if len(going) > 1 else ""
        hint = f"Finish it, or end it with `fireline run cancel {first['id']}`."
        raise Refused(f"run {first['id']} ({first['title']}){more} is still going", hint=hint)
