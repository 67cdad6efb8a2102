"""What a fence of a level would do here: which ways and why, what each does not stop, who is locked out. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from fireline.errors import Refused
from fireline.recovery.fence.doors import door
from fireline.recovery.fence.ground import Ground
from fireline.recovery.fence.rows import Level, Step
from fireline.recovery.fence.way import LeftOut, ways

MEANS = {
    "read-only": "new transactions are read-only by default; a session may set that off again",
    "no-new": "no new session of the application gets in; those that exist go on writing",
    "drained": "no session of the application is left or gets in",
    "closed": "nobody at all is in the database or gets in",
}
_DOORS = {"limit": "connection-limit", "connect": "revoke-connect", "login": "nologin"}


@dataclass(frozen=True)
class Planned:
    """The steps of a level, captured; what is left out; and who is locked out, in words."""

    level: Level
    steps: list[Step]
    left_out: list[LeftOut]
    locked_out: str

    @property
    def keys(self) -> list[list[str]]:
        """Which steps there are: what an approval is held to."""
        return sorted(list(step.key) for step in self.steps)


def plan(ground: Ground, level: Level) -> Planned:
    """The steps that would be taken. Raises Refused with the way out when none would keep anybody away, or all would."""
    _refuse_locking_ourselves_out(ground, level)
    found = [one for way in ways().values() for one in way.plan(ground, level)]
    steps = [one for one in found if isinstance(one, Step)]
    left_out = [one for one in found if isinstance(one, LeftOut)]
    _refuse_what_stops_nobody(ground, level, steps, left_out)
    return Planned(level, steps, left_out, _locked_out(ground, level, steps))


def _refuse_locking_ourselves_out(ground: Ground, level: Level) -> None:
    if level != "closed":
        return
    if not ground.outside:
        raise Refused(
            f"with {ground.database} closed nobody could open it again: Fireline gets into no other database of that server",
            hint=f"Name one with targets.{ground.target.name}.maintenance, or take --level drained.",
        )
    if not (ground.superuser or ground.owns):
        raise Refused(
            f"{ground.role} neither owns {ground.database} nor is a superuser, so it can not close it",
            hint="Take --level drained, or act as the owner.",
        )


def _refuse_what_stops_nobody(ground: Ground, level: Level, steps: list[Step], left_out: list[LeftOut]) -> None:
    needed = "read-only" if level == "read-only" else _DOORS[door(ground)]
    if any(step.way == needed for step in steps) or level == "closed":
        return
    why = "; ".join(f"{one.what}: {one.why}" for one in left_out if one.what) or (
        f"{ground.role} neither owns {ground.database} nor is a superuser, and no role of the application is named"
    )
    raise Refused(
        f"{ground.role} can not keep anybody out of {ground.database}",
        hint=f"Act as its owner or as a superuser, or name targets.{ground.target.name}.application_roles. {why}.",
    )


def _locked_out(ground: Ground, level: Level, steps: list[Step]) -> str:
    """Who does not get in any more, and how the responder still does."""
    used = {step.way for step in steps}
    if level == "closed":
        return (
            f"Everybody, superusers too. Fireline acts from the database {ground.conn.info.dbname} of the same server."
        )
    if level == "read-only":
        return "Nobody: sessions come back and may read."
    if "connection-limit" in used:
        if ground.superuser:
            return f"Every role but superusers; {ground.role} is one and still gets in, for a backup too."
        return f"Every role but superusers, {ground.role} too: Fireline acts from the database {ground.conn.info.dbname}, and no backup can be taken meanwhile."
    if "revoke-connect" in used:
        return f"Every role but superusers, {ground.owner} and its members; {ground.role} still gets in."
    names = ", ".join(step.about for step in steps if step.way == "nologin")
    return f"Only {names}; any other role still gets in, {ground.role} too."
