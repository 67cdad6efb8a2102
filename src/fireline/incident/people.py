"""Who acts: a person through a door, a source, or Fireline itself. How they prove it is in `sessions` and `tokens`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import DictRow

from fireline import clock, redact
from fireline.errors import Denied, NotFound, Refused, Usage
from fireline.incident.row import Q, words
from fireline.store.connect import Connection, all_rows, one

RANK = {"viewer": 0, "responder": 1, "admin": 2}

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_MAIL = re.compile(r"[^@\s<>,;:\"()\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_ACCOUNT = re.compile(r"[^\s:/]{1,64}")
_RESERVED = ("fireline",)  # what stands in the rows for Fireline itself


@dataclass(frozen=True)
class Actor:
    """Somebody or something that acts; `name` is what stands in the rows.

    kind: person, source or system. door: cli, page, api, mail or system. role: viewer, responder or admin.
    The same person through another door is the same person: rows compare `name` alone.
    """

    name: str
    kind: str = "person"
    role: str = "responder"
    door: str = "cli"

    @property
    def is_person(self) -> bool:
        """Whether approvals and decisions may be this actor's."""
        return self.kind == "person"

    def may(self, role: str) -> bool:
        """Whether this actor has at least the role."""
        return self.kind == "system" or RANK[self.role] >= RANK[role]


FIRELINE = Actor("fireline", kind="system", role="admin", door="system")


def need(actor: Actor, role: str) -> None:
    """Denied when the actor has less than the role."""
    if not actor.may(role):
        raise Denied(
            f"{actor.name} is a {actor.role}, and this needs {'an' if role == 'admin' else 'a'} {role}",
            hint=f"An admin can change that: `fireline user change {actor.name} --role {role}`.",
        )


def person(conn: Connection, name: str) -> DictRow | None:
    """The person with this name, or None; the row holds the password's hash, so it is not for showing."""
    return one(conn, Q["person"], name=name) if _NAME.fullmatch(name) else None


def known(conn: Connection, name: str) -> DictRow:
    """The person with this name, whatever the case; NotFound when there is none."""
    found = person(conn, name.strip().casefold())
    if found is None:
        raise NotFound(
            f"there is nobody called {redact.text(name)[:64]!r}", hint="`fireline user list` lists everybody."
        )
    return found


def add(
    conn: Connection,
    actor: Actor,
    *,
    name: str,
    display: str = "",
    role: str = "responder",
    email: str | None = None,
    os_user: str | None = None,
    password: str | None = None,
) -> dict[str, Any]:
    """Add a person, or bring back one who had left: viewer, responder or admin."""
    need(actor, "admin")
    row = _checked(name, display, role, email, os_user) | {"password_hash": _hash(password, name), "now": clock.now()}
    with (
        _free_account(row["os_user"]),
        conn.transaction(),
    ):  # a savepoint: an account taken must not end our transaction
        added = one(conn, Q["add_person"], **row)
        back = None if added else one(conn, Q["bring_back"], **row)
    made = added or back
    if made is None:
        raise Refused(f"there is a person called {row['name']} already", hint="`fireline user change` changes them.")
    if back:  # whatever was left of the old account opens nothing
        _end_all(conn, made)
    text = f"{made['name']} is {'back' if back else 'added'} as {made['role']}."
    return _shown(made) | {"text": text}


def change(
    conn: Connection,
    actor: Actor,
    *,
    name: str,
    display: str | None = None,
    role: str | None = None,
    email: str | None = None,
    os_user: str | None = None,
) -> dict[str, Any]:
    """Change what is known of a person, or their role; what is not given stays."""
    need(actor, "admin")
    found = known(conn, name)
    row = _checked(found["name"], display or found["display"], role or found["role"], email, os_user)
    if row["role"] != "admin":
        _not_the_last_admin(conn, found["name"])
    with _free_account(row["os_user"]), conn.transaction():
        changed = one(conn, Q["change_person"], **row)
    assert changed is not None
    return _shown(changed) | {"text": f"{changed['name']} is {changed['role']}."}


def list_people(conn: Connection, actor: Actor) -> list[dict[str, Any]]:
    """Everybody, those who have left last."""
    return [_shown(row) for row in all_rows(conn, Q["persons"])]


def disable(conn: Connection, actor: Actor, *, name: str) -> dict[str, Any]:
    """Let a person go: their sessions and tokens end now; what they did stays in the rows."""
    need(actor, "admin")
    found = known(conn, name)
    _not_the_last_admin(conn, found["name"])
    left = one(conn, Q["disable_person"], name=found["name"], now=clock.now())
    _end_all(conn, found)
    text = (
        f"{found['name']} has left; their sessions and tokens are ended."
        if left
        else f"{found['name']} has left already."
    )
    return {"name": found["name"], "changed": left is not None, "text": text}


def password(conn: Connection, actor: Actor, *, name: str, password: str) -> dict[str, Any]:
    """Set a password, your own or, as an admin, anybody's; it ends that person's sessions."""
    if name.strip().casefold() != actor.name:
        need(actor, "admin")
    found = known(conn, name)
    if found["disabled_at"]:
        raise Refused(f"{found['name']} has left", hint="Bring them back first: `fireline user add`.")
    conn.execute(Q["set_password"], {"person": found["id"], "password_hash": _hash(password, found["name"])})
    conn.execute(Q["end_sessions"], {"person": found["id"]})
    text = f"The password of {found['name']} is set; log in again. API tokens still hold: see `fireline token list`."
    return {"name": found["name"], "text": text}


def whoami(conn: Connection, actor: Actor) -> dict[str, Any]:
    """Who you are here, by which door, and what you may do."""
    found = person(conn, actor.name)
    shown = _shown(found) if found else {"name": actor.name, "display": actor.name}
    text = f"You are {actor.name}, {actor.role}, through {actor.door}."
    return shown | {"role": actor.role, "kind": actor.kind, "door": actor.door, "text": text}


def anybody(conn: Connection) -> bool:
    """Whether there is an account at all."""
    there = one(conn, Q["anybody"])
    return there is not None and bool(there["anybody"])


def create_first_admin(
    conn: Connection, *, name: str, password: str | None, display: str = "", email: str | None = None
) -> Actor:
    """Make the first account, an admin; Refused as soon as there is anybody. Of two at once one is first."""
    row = _checked(name, display, "admin", email, None) | {"password_hash": _hash(password, name), "now": clock.now()}
    conn.execute(Q["one_at_a_time"])
    if anybody(conn):
        raise Refused("there is an account already", hint="Log in, or ask an admin for an account.")
    one(conn, Q["add_person"], **row)
    return Actor(row["name"], role="admin", door="page")


def actor_for_os_user(conn: Connection, os_user: str) -> Actor:
    """Who an account of the server's own machine is. Whoever comes first while nobody is bound becomes an admin.

    Only for callers that could open the store themselves: whoever can do that could write any row.
    """
    found = one(conn, Q["person_of_os_user"], os_user=os_user) or _bind_first(conn, os_user)
    if found is None:
        hint = f"An admin can add one: `fireline user add NAME --os-user {os_user}`."
        raise Denied(f"nobody here has the account {os_user} of this machine", hint=hint)
    if found["disabled_at"]:
        raise Denied(f"{found['name']} has left", hint="An admin can bring them back: `fireline user add`.")
    return Actor(found["name"], role=found["role"], door="cli")


def _bind_first(conn: Connection, os_user: str) -> DictRow | None:
    """Bind the first account: to the person who has its name, with the role they have, else to a new admin."""
    there = one(conn, Q["anybody"])
    if there and not there["bound"]:
        conn.execute(Q["one_at_a_time"])
        there = one(conn, Q["anybody"])  # again, now that nobody else can
    if there is None or there["bound"]:
        return one(
            conn, Q["person_of_os_user"], os_user=os_user
        )  # maybe bound a moment ago, by another process of theirs
    called = re.sub(r"[^a-z0-9._-]+", "-", os_user.casefold()).strip("-._")[:50] or "admin"
    same = person(conn, called)
    if same and same["name"] == os_user and not same["disabled_at"]:
        return one(conn, Q["change_person"], name=called, display=None, role=None, email=None, os_user=os_user)
    others = (f"{called}-{ending}" for ending in ("admin", *range(2, 1000)))
    free = next(name for name in (called, *others) if name not in _RESERVED and person(conn, name) is None)
    row = {"name": free, "display": os_user, "role": "admin", "email": None, "os_user": os_user}
    return one(conn, Q["add_person"], **row, password_hash=None, now=clock.now())


def _checked(name: str, display: str, role: str, email: str | None, os_user: str | None) -> dict[str, Any]:
    """What was said about a person, ready for a row; Usage says what is wrong with it."""
    called = name.strip().casefold()
    if not _NAME.fullmatch(called) or called in _RESERVED:
        hint = "Use up to 63 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit."
        raise Usage(f"{redact.text(name)[:64]!r} can not be a person's name", hint=hint)
    if role not in RANK:
        raise Usage(f"{role[:40]!r} is not a role", hint=f"It can be {', '.join(RANK)}.")
    if email and not (email.isprintable() and _MAIL.fullmatch(email)):
        raise Usage(f"{email[:80]!r} is not a mail address", hint="Write it as anna@example.org.")
    if os_user and not (os_user.isprintable() and _ACCOUNT.fullmatch(os_user)):
        raise Usage(f"{os_user[:64]!r} is not an account of this machine", hint="`id -un` prints yours.")
    shown = words(display, "the display name", limit=100, required=False, one_line=True) or called
    return {"name": called, "display": shown, "role": role, "email": email or None, "os_user": os_user or None}


def _hash(password: str | None, name: str) -> str | None:
    from fireline.incident import passwords  # argon2 is only needed here

    return passwords.hashed(password, name.strip().casefold()) if password is not None else None


@contextmanager
def _free_account(os_user: str | None) -> Iterator[None]:
    """Refused when somebody else has the account already."""
    try:
        yield
    except psycopg.errors.UniqueViolation:
        hint = "`fireline user list` shows whose it is."
        raise Refused(f"the account {os_user} is somebody else's already", hint=hint) from None


def _not_the_last_admin(conn: Connection, name: str) -> None:
    """Refused when nobody could do everything any more; holds the admins' rows, so that two can not end each other."""
    if [row["name"] for row in all_rows(conn, Q["admins"])] == [name]:
        raise Refused(f"{name} is the last admin", hint="Make somebody else an admin first.")


def _end_all(conn: Connection, found: DictRow) -> None:
    conn.execute(Q["end_sessions"], {"person": found["id"]})
    conn.execute(Q["revoke_tokens"], {"person": found["id"], "now": clock.now()})


def _shown(found: DictRow) -> dict[str, Any]:
    """A person without the hash of their password."""
    same = ("name", "display", "role", "email", "os_user", "created_at", "disabled_at")
    return {key: found[key] for key in same} | {"has_password": found["password_hash"] is not None}
