"""Whose password does not fit, since when, and whether a login has succeeded since: what the causes of authentication share. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fireline.assess.checks.door import Door
from fireline.assess.checks.log import Log, Login
from fireline.assess.checks.roles import Role, Roles
from fireline.assess.refused import NAME, Heard, door, heard
from fireline.assess.snapshot import Snapshot

WORDS = rf"authentication failed for user {NAME}"
EXPIRED, MISMATCH, MISSING, NO_PASSWORD = "expired", "mismatch", "missing", "none"
_DETAILS = (
    (EXPIRED, "has an expired password"),
    (MISSING, "does not exist"),
    (NO_PASSWORD, "has no password assigned"),
    (MISMATCH, "does not match"),
)


@dataclass(frozen=True)
class Trouble:
    """One role that can not log in. reason: by the log's detail, where it was read; else empty."""

    name: str
    role: Role | None  # None: not seen, or there is none
    said: tuple[Heard, ...]
    failures: tuple[Login, ...]
    reason: str
    at_door: bool  # it is the target's own role that was refused

    @property
    def last(self) -> datetime | None:
        """When the log has its last failure."""
        return max((one.at for one in self.failures if one.at), default=None)


def troubles(snapshot: Snapshot) -> tuple[Trouble, ...]:
    """The roles that can not authenticate: refused now, complained of, or in the log without a success since."""
    said, at = heard(snapshot, WORDS), door(snapshot)
    log, roles = snapshot.last("log", Log), snapshot.last("roles", Roles)
    names = {one.parts[0]: None for one in said if one.parts}
    if at.refused("authentication") and at.role:
        names[at.role] = None
    found = [_trouble(name, said, at, log, roles) for name in names]
    return tuple(one for one in found if one.at_door or not mended(snapshot, one))


def _trouble(name: str, said: tuple[Heard, ...], at: Door, log: Log | None, roles: Roles | None) -> Trouble:
    failures = log.failed(name) if log else ()
    latest = failures[-1].failed if failures else ""
    reason = next((kind for kind, words in _DETAILS if words in latest), "")
    role = roles.all.get(name) if roles else None
    own = tuple(one for one in said if name in one.parts)
    return Trouble(name, role, own, failures, reason, at.refused("authentication") and at.role == name)


def mended(snapshot: Snapshot, trouble: Trouble) -> bool:
    """Whether the role has logged in since its last failure."""
    last = trouble.last
    if last is None:
        return False
    log = snapshot.last("log", Log)
    later = [one.at for one in (log.logins if log else ()) if one.user == trouble.name and not one.failed and one.at]
    newest = trouble.role.newest if trouble.role else None
    return any(moment > last for moment in [*later, *([newest] if newest else [])])
