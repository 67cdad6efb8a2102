"""Logging in: a password becomes a session, whose token only the browser knows; five failures rest a name."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.rows import DictRow

from fireline.incident.people import Actor, person
from fireline.incident.row import Q
from fireline.store.connect import Connection, one

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)
FAILURES = 5
WITHIN = timedelta(minutes=15)
_FRESH = timedelta(minutes=1)  # a session used again this soon is not written anew
_KEEP = timedelta(days=1)
_NAME = 64  # characters of a name that are worth remembering


@dataclass(frozen=True)
class Login:
    """What came of a login. `session` is None when it was refused; `refusal` is then what to say."""

    session: Session | None
    token: str = ""
    refusal: str = ""
    wait: timedelta = timedelta(0)


@dataclass(frozen=True)
class Session:
    """Somebody who is logged in; forms must carry `csrf`."""

    actor: Actor
    display: str
    csrf: str
    expires_at: datetime

    def sent_by(self, csrf: str) -> bool:
        """Whether a form carries this session's own mark, so that no other site sent it."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode("utf-8", "replace"))


WRONG = "name or password is wrong"


def login(conn: Connection, name: str, password: str, *, now: datetime) -> Login:
    """Try to log in. A refusal is an answer and no error: its row counts, so the caller must commit.

    People who do not exist, have left or have no password meet the same work and the same words as a wrong password.
    """
    from fireline.incident import passwords  # argon2 is only needed here

    called = _clean(name)
    conn.execute(Q["lock_login"], {"name": called})
    tried = one(conn, Q["failures"], name=called, since=now - WITHIN)
    if tried and tried["failures"] >= FAILURES:
        wait = tried["first_at"] + WITHIN - now
        minutes = max(1, -int(-wait.total_seconds() // 60))
        return Login(None, refusal=f"too many failed logins for this name; wait {minutes} min", wait=wait)
    found = person(conn, called)
    stored = found["password_hash"] if found and not found["disabled_at"] else None
    ok = passwords.fits(password, stored)
    conn.execute(Q["add_attempt"], {"name": called, "now": now, "ok": ok})
    if not ok or found is None or stored is None:
        return Login(None, refusal=WRONG)
    if passwords.outdated(stored):
        again = {"person": found["id"], "password_hash": passwords.rehashed(password)}
        conn.execute(Q["set_password"], again)
    return _begin(conn, found, now)


def session(conn: Connection, token: str, *, now: datetime) -> Session | None:
    """Who holds this token, or None; using it lets the session last longer, up to a week in all."""
    if len(token) > 2 * _NAME:
        return None
    found = one(conn, Q["session"], token_hash=_hash(token), now=now)
    if found is None:
        return None
    until = min(now + IDLE, found["created_at"] + LONGEST)
    if until - found["expires_at"] > _FRESH:
        conn.execute(Q["extend_session"], {"token_hash": found["token_hash"], "expires_at": until})
    actor = Actor(found["name"], role=found["role"], door="page")
    return Session(actor, found["display"], found["csrf"], max(until, found["expires_at"]))


def logout(conn: Connection, token: str) -> None:
    """End a session; one that is not there is ended too."""
    conn.execute(Q["end_session"], {"token_hash": _hash(token)})


def sweep(conn: Connection, now: datetime) -> int:
    """Forget sessions that ran out and logins of yesterday; how many rows."""
    ended = conn.execute(Q["sweep_sessions"], {"now": now}).rowcount
    return ended + conn.execute(Q["sweep_attempts"], {"before": now - _KEEP}).rowcount


def _begin(conn: Connection, found: DictRow, now: datetime) -> Login:
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    row = {"token_hash": _hash(token), "person": found["id"], "csrf": csrf, "now": now, "expires_at": now + IDLE}
    conn.execute(Q["add_session"], row)
    actor = Actor(found["name"], role=found["role"], door="page")
    return Login(Session(actor, found["display"], csrf, now + IDLE), token=token)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _clean(name: str) -> str:
    """The name as it is counted; what can not be a name is still counted like one."""
    printable = "".join(c if c.isprintable() else "?" for c in name.strip().casefold())
    return printable[:_NAME]
