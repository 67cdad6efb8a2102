"""Who guessed a password: a burst of failures from one address, and then a login from there that succeeded. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fireline.assess.checks.log import Log, Login
from fireline.assess.refused import sessions
from fireline.assess.snapshot import Snapshot

ENOUGH = 10  # failures from one address
_BURST = timedelta(seconds=20)  # in which so many come from one who guesses
_LOCAL = ("", "[local]")


@dataclass(frozen=True)
class Intruder:
    """One address that tried and then got in."""

    host: str
    user: str  # as whom it got in
    failures: int
    tried: tuple[str, ...]  # the names it tried
    at: datetime  # when it got in
    pids: tuple[int, ...]  # its sessions that are still there
    others: tuple[str, ...]  # from where the role's other sessions and logins are


def intruders(snapshot: Snapshot) -> tuple[Intruder, ...]:
    """Addresses with a burst of failures and a success behind it that are no application whose secret was mended."""
    log = snapshot.last("log", Log)
    if log is None:
        return ()
    by_host: dict[str, list[Login]] = {}
    for one in log.logins:
        if one.host not in _LOCAL and one.at:
            by_host.setdefault(one.host, []).append(one)
    found = [_intruder(snapshot, log, host, said) for host, said in by_host.items()]
    return tuple(one for one in found if one)


def _intruder(snapshot: Snapshot, log: Log, host: str, said: list[Login]) -> Intruder | None:
    failed = [one for one in said if one.failed and one.at]
    if not _burst(failed):
        return None
    begun = failed[0].at
    assert begun is not None
    entered = _entered(snapshot, log, host, failed[ENOUGH - 1].at or begun)
    if entered is None:
        return None
    user, at = entered
    own = [one for one in sessions(snapshot) if one.user == user and one.client == host]
    elsewhere = {one.client or "[local]" for one in sessions(snapshot) if one.user == user and one.client != host}
    elsewhere |= {
        one.host for one in log.logins if one.user == user and not one.failed and one.host and one.host != host
    }
    tried = tuple(dict.fromkeys(one.user for one in failed))
    known_here = any(one.backend_start and one.backend_start < begun for one in own)
    known_here |= any(not one.failed and one.user == user and one.at and one.at < begun for one in said)
    if known_here or (len(tried) == 1 and not elsewhere):
        return None  # an application that was let in from there before, or the only one of this role
    return Intruder(host, user, len(failed), tried, at, tuple(one.pid for one in own), tuple(sorted(elsewhere)))


def _burst(failed: list[Login]) -> bool:
    moments = [one.at for one in failed if one.at]
    pairs = zip(moments, moments[ENOUGH - 1 :], strict=False)
    return any(last - first <= _BURST for first, last in pairs)


def _entered(snapshot: Snapshot, log: Log, host: str, after: datetime) -> tuple[str, datetime] | None:
    """As whom and when somebody from this address was let in behind the burst, by the log or by a session that is there."""
    told = [
        (one.user, one.at) for one in log.logins if one.host == host and not one.failed and one.at and one.at > after
    ]
    there = [
        (one.user, one.backend_start)
        for one in sessions(snapshot)
        if one.client == host and one.user and one.backend_start and one.backend_start > after
    ]
    found = [(user, at) for user, at in (*told, *there) if at is not None and user is not None]
    return min(found, key=lambda one: one[1]) if found else None
