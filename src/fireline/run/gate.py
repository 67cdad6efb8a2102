"""What stands between a step and its side effect: the kill switch, the level, a way back, a second person."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.errors import Halted, Refused
from fireline.incident.people import Actor
from fireline.run.ledger import Q
from fireline.run.world import World
from fireline.store.connect import Connection, one

ORDER = {"read": 0, "reversible": 1, "destructive": 2}


def refuse_when_halted(conn: Connection) -> None:
    """Raises Halted while the kill switch is on."""
    row = one(conn, Q["halted"])
    if row is not None:
        raise Halted(f"halted by {row['by']}: {row['reason']}", hint="`fireline halt --lift` lets steps start again.")


def level_for(step: DictRow, named: str | None) -> str:
    """The level a step runs at: the one known, or the one the approver names when none is; Refused otherwise.

    Known destructive verbs can not be lowered: where the level is destructive, a lower one is refused.
    """
    known: str | None = step["level"]
    if named is not None and named not in ORDER:
        raise Refused(f"{named!r} is no level", hint="Levels are read, reversible and destructive.")
    if known is None and named is None:
        raise Refused(
            "what this step may do is not known, so you must name its level",
            hint="Say level reversible when no committed data can be lost and it can be undone, otherwise destructive.",
        )
    if named == "read":
        raise Refused("read is proved, never declared", hint="Name reversible or destructive.")
    if known is None:
        assert named is not None
        return named
    if named is not None and ORDER[named] < ORDER[known]:
        raise Refused(f"this step is {known} and can not be lowered to {named}: {step['level_reason']}")
    return named or known


def check_person(
    conn: Connection, actor: Actor, requested_by: str, level: str, *, break_glass: bool, reason: str
) -> None:
    """A destructive step needs a yes by somebody other than who asked for it, unless the team has one member."""
    if not actor.is_person:
        raise Refused("only a person can approve")
    if break_glass and not reason.strip():
        raise Refused("breaking the glass needs a reason", hint="Say why; it becomes an item of the post-mortem.")
    if level != "destructive" or break_glass or actor.name != requested_by:
        return
    row = one(conn, Q["team"])
    if row is not None and row["n"] > 1:
        raise Refused(
            f"{actor.name} asked for this destructive step, so somebody else must approve it",
            hint="Ask a colleague, or break the glass with a reason.",
        )


def check_backup(conn: Connection, world: World, target: str | None, level: str, *, break_glass: bool) -> None:
    """A destructive step needs a verified backup younger than the policy's limit; Refused otherwise."""
    if level != "destructive" or break_glass:
        return
    lacking = lacks_backup(conn, world, target)
    if lacking is not None:
        raise Refused(
            lacking,
            hint=f"Take one first: `fireline backup create --target {target or 'T'}`. Or break the glass with a reason.",
        )


def lacks_backup(conn: Connection, world: World, target: str | None) -> str | None:
    """Why no destructive step may start on a target: it has no verified backup that is young enough. None when it has."""
    taken = world.verified_backup(conn, target) if target else None
    limit = world.settings.policy.backup_max_age
    if taken is not None and clock.now() - taken <= limit:
        return None
    age = "none is known" if taken is None else f"the newest is from {taken:%Y-%m-%d %H:%M} UTC"
    return (
        f"a destructive step needs a verified backup younger than {limit.total_seconds() / 3600:g} h of"
        f" {target or 'the target'}; {age}"
    )


def tell_backup(conn: Connection, world: World, run: dict[str, Any]) -> dict[str, Any]:
    """A run's view whose steps that wait for a yes say whether the gate wants a backup first: `wants_backup`.

    {"says", "run": of the backup that is under way or None}. It is a run of its own beside the step, which goes on waiting.
    """
    asked = [step for step in run["steps"] if "approve" in step["actions"] and step["level"] in ("destructive", None)]
    lacking = lacks_backup(conn, world, run["target"]) if asked else None
    going = one(conn, Q["backup_going"], target=run["target"], run=run["run"]) if lacking else None
    for step in run["steps"]:
        wants = lacking is not None and step in asked
        step["wants_backup"] = {"says": lacking, "run": going and going["run"]} if wants else None
    return run
