"""Record the state of a target before anything is changed, so that later everyone can see what is different."""

from __future__ import annotations

import time

from fireline.contain import state
from fireline.errors import FirelineError
from fireline.postgres.connect import Target, identity, reach
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict


class Snapshot(Parameters):
    """It needs to be told nothing."""


def plan(target: Target, parameters: Snapshot, hand: Hand) -> Plan:
    """Which server it would be taken of."""
    del parameters
    with reach(target) as conn:
        here = identity(conn)
    return Plan(
        summary=f"Record the current state of {target.name}: settings, roles, schema, sizes, sessions, locks, replication, migrations, jobs.",
        effect="It only reads the catalogs, waits for no lock, and changes nothing.",
        undo="Nothing to undo.",
        level="read",
        captured={"server": here.json()},
    )


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Read it all; the record is kept, and its number told. Without the database itself it is still a record of the server."""
    del plan
    began = time.monotonic()
    found = state.read(target)
    facts = {
        "ms": round((time.monotonic() - began) * 1000),
        "fingerprint": (found.get("schema") or {}).get("fingerprint"),
        "counts": (found.get("schema") or {}).get("counts", {}),
        "settings": len(found.get("settings") or {}),
        "sessions": len(found.get("sessions") or []),
        "unknown": found["unknown"],
    }
    counted = ", ".join(f"{number} {part}" for part, number in facts["counts"].items())
    missing = f"; not read: {', '.join(found['unknown'])}" if found["unknown"] else ""
    summary = f"state of {target.name} recorded: {counted or 'no objects'}, {facts['settings']} settings, {facts['sessions']} sessions{missing}"
    return Outcome("server" in found, summary, facts, ("snapshot", found))


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether the server is still the one that was looked at."""
    try:
        with reach(target) as conn:
            now = identity(conn).json()
    except FirelineError as away:
        return Verdict(None, f"that can not be seen: {away.message}")
    if now["system_identifier"] != plan.captured["server"]["system_identifier"]:
        return Verdict(False, "Another server answers now.")
    return Verdict(True, "It only read; nothing was changed.")


remedy = Remedy(
    name="snapshot",
    phase="contain",
    summary="Record the current state before anything is changed.",
    level="read",
    parameters=Snapshot,
    plan=plan,
    do=do,
    verify=verify,
    undo=None,
    no_undo="it only reads, so there is nothing to undo",
    words=("document current state", "snapshot", "record current state", "document state before changes"),
)
