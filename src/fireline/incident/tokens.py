"""API tokens: keys that a person makes for a program; shown once, kept as a hash, gone when the person leaves."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from fireline import clock
from fireline.errors import Denied, NotFound, Usage
from fireline.incident.people import Actor, known, need
from fireline.incident.row import Q, words
from fireline.store.connect import Connection, all_rows, one

PREFIX = "fl_"
_LONGEST = 200  # characters; ours have 46
_FRESH = timedelta(minutes=1)  # a token used again this soon is not written anew
_DAYS = 3650


def create_token(
    conn: Connection, actor: Actor, *, label: str, person: str | None = None, days: int | None = None
) -> dict[str, Any]:
    """Make an API token, for yourself or, as an admin, for somebody else; it is shown this once."""
    called = words(label, "the label", limit=100, one_line=True)
    if days is not None and not 1 <= days <= _DAYS:
        raise Usage(f"{days} is not a number of days", hint=f"Give a whole number from 1 to {_DAYS}.")
    if person is not None and person != actor.name:
        need(actor, "admin")
    owner = known(conn, person or actor.name)
    if owner["disabled_at"]:
        raise Denied(f"{owner['name']} has left", hint="Bring them back first: `fireline user add`.")
    now = clock.now()
    token = PREFIX + secrets.token_urlsafe(32)
    expires_at = now + timedelta(days=days) if days else None
    row = {"person": owner["id"], "label": called, "token_hash": _hash(token), "now": now, "expires_at": expires_at}
    made = one(conn, Q["add_token"], **row)
    assert made is not None
    text = f"Token {made['id']} for {owner['name']}. It is shown this once; keep it safe."
    return {
        "id": made["id"],
        "token": token,
        "label": called,
        "person": owner["name"],
        "expires_at": expires_at,
        "text": text,
    }


def list_tokens(conn: Connection, actor: Actor) -> list[dict[str, Any]]:
    """Your tokens; an admin sees everybody's. The tokens themselves are not kept."""
    return [dict(row) for row in all_rows(conn, Q["tokens"], person=None if actor.may("admin") else actor.name)]


def revoke_token(conn: Connection, actor: Actor, *, token: int | str) -> dict[str, Any]:
    """End a token, named by its number or by itself as it was shown."""
    said = str(token).strip()
    id_ = int(said) if said.isascii() and said.isdigit() and len(said) < 19 else None  # noqa: PLR2004 - fits a bigint
    found = one(conn, Q["find_token"], id=id_, token_hash=_hash(said))
    if found is None or (found["person"] != actor.name and not actor.may("admin")):
        raise NotFound("there is no such token of yours", hint="`fireline token list` lists them.")
    if found["revoked_at"]:
        return {"id": found["id"], "changed": False, "text": f"Token {found['id']} was revoked already."}
    conn.execute(Q["revoke_token"], {"id": found["id"], "now": clock.now()})
    return {
        "id": found["id"],
        "changed": True,
        "text": f"Token {found['id']} ({found['label']}) opens nothing any more.",
    }


def actor_for_token(conn: Connection, token: str, *, now: datetime) -> Actor | None:
    """Who a token speaks for, with the role they have today, or None; its use is noted at most once a minute."""
    if not token.startswith(PREFIX) or len(token) > _LONGEST:
        return None
    found = one(conn, Q["token"], token_hash=_hash(token), now=now)
    if found is None:
        return None
    if found["used_at"] is None or now - found["used_at"] >= _FRESH:
        conn.execute(Q["touch_token"], {"token": found["id"], "now": now})
    return Actor(found["name"], role=found["role"], door="api")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
