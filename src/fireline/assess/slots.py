"""Who takes the server's connection slots, and what they do with them; from the outside too, by what processes call themselves. Pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from fireline.assess.checks.roles import Roles
from fireline.assess.checks.server_files import ServerFiles
from fireline.assess.refused import door, sessions
from fireline.assess.snapshot import Session, Snapshot

NEARLY, COMPLAINED = 0.9, 0.75  # the share of ordinary slots from which they count as full
_TITLE = re.compile(
    r"^(?P<user>\S+) (?P<database>\S+) (?:\[local\]|\S+\(\d+\)) (?P<doing>idle in transaction(?: \(aborted\))?|idle|.+)$"
)


@dataclass(frozen=True)
class Slots:
    """The slots at one moment. total: 0 when it is not known. source: where it was seen."""

    total: int
    ordinary: int  # for roles without powers
    taken: int
    idle: int
    waiting: int  # for a lock
    stuck: int  # idle in a transaction
    source: str
    users: tuple[tuple[str, int], ...]  # whose the idle ones are, the most first

    @property
    def full(self) -> bool:
        """Whether an ordinary role gets none any more."""
        return not self.total or self.taken >= self.ordinary

    @property
    def words(self) -> str:
        """How many are taken, and by what."""
        of = f" of {self.total}" if self.total else ""
        return f"{self.taken}{of} slots are taken: {self.idle} idle, {self.stuck} idle in a transaction, {self.waiting} waiting for a lock"


def scarce(snapshot: Snapshot) -> Slots | None:
    """The slots, if there are none left or nearly so; fewer need be taken when somebody complains of that."""
    if snapshot.away is not None and snapshot.server is None:
        return _from_outside(snapshot) if door(snapshot).refused("slots") else None
    roles = snapshot.last("roles", Roles)
    if roles is None or not snapshot.locks:
        return None
    found = _seen(roles, sessions(snapshot))
    share = COMPLAINED if snapshot.complaint.about("slots") else NEARLY
    return found if found.taken >= found.ordinary * share else None


def _seen(roles: Roles, own: tuple[Session, ...]) -> Slots:
    idle = [one for one in own if one.state == "idle"]
    users = Counter(one.user or "" for one in idle).most_common(5)
    waiting = sum(one.wait_type == "Lock" for one in own)
    stuck = sum((one.state or "").startswith("idle in transaction") for one in own)
    ordinary = max(roles.slots - roles.reserved, 1)
    return Slots(roles.slots, ordinary, roles.taken, len(idle), waiting, stuck, "pg_stat_activity", tuple(users))


def _from_outside(snapshot: Snapshot) -> Slots | None:
    """What the server's processes call themselves, where it runs here."""
    files = snapshot.last("server_files", ServerFiles)
    titles = files.postmaster.children if files and files.postmaster else ()
    found = [match for title in titles if (match := _TITLE.match(title))]
    if not found:
        return None
    doing = [one["doing"].strip() for one in found]
    users = Counter(one["user"] for one, what in zip(found, doing, strict=True) if what == "idle").most_common(5)
    return Slots(
        0, 0, len(found), doing.count("idle"), sum(what.endswith("waiting") for what in doing),
        sum(what.startswith("idle in transaction") for what in doing), "process titles", tuple(users),
    )  # fmt: skip


def idle_of(snapshot: Snapshot, user: str) -> list[Session]:
    """The idle sessions of a role, the longest idle first."""
    own = [one for one in sessions(snapshot) if one.user == user and one.state == "idle"]
    return sorted(own, key=lambda one: one.state_change or _EVER)


_EVER = datetime.max.replace(tzinfo=UTC)
