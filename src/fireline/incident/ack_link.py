"""One-click acknowledgement from a message. Looking at a link changes nothing: mail scanners open every link they see.

A door shows a page with a button for GET (`look`) and acknowledges on POST (`use`).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import DictRow

from fireline import clock
from fireline.errors import Denied, NotFound, Refused
from fireline.incident import row
from fireline.incident.people import Actor
from fireline.incident.response import ack
from fireline.incident.row import Q
from fireline.store.connect import Connection, one

LIFETIME = timedelta(days=1)
_LONGEST = 200  # characters; ours have 43


def make(conn: Connection, incident: int, contact: str, *, lifetime: timedelta = LIFETIME) -> str:
    """A token for a link that acknowledges this incident as this contact; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    link = {"token_hash": _hash(token), "incident": incident, "contact": contact}
    conn.execute(Q["make_ack_link"], {**link, "expires_at": clock.now() + lifetime})
    return token


def look(conn: Connection, token: str) -> DictRow:
    """The incident's row, for the page with the button; NotFound or Refused when the link can not be used."""
    return row.get(conn, _usable(conn, token)["incident_id"])


def use(conn: Connection, token: str) -> dict[str, Any]:
    """Acknowledge as the contact the link was made for; a second use answers calmly. What `ack` gives back."""
    link = _usable(conn, token)
    if link["disabled_at"]:
        raise Denied(f"{link['contact']} has left", hint="Log in as yourself to acknowledge.")
    conn.execute(Q["use_ack_link"], {"token_hash": link["token_hash"], "now": clock.now()})
    # The link is the right to acknowledge and nothing else, so a viewer's link works too.
    actor = Actor(link["person"] or link["contact"], role="responder", door="mail")
    return ack(conn, actor, incident=row.name(link["incident_id"]))


def sweep(conn: Connection, now: datetime) -> int:
    """Forget links that ran out a day ago; how many."""
    return conn.execute(Q["sweep_ack_links"], {"before": now - LIFETIME}).rowcount


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _usable(conn: Connection, token: str) -> DictRow:
    link = one(conn, Q["ack_link"], token_hash=_hash(token)) if len(token) <= _LONGEST else None
    if link is None:
        raise NotFound("this link leads nowhere", hint="Open the newest message, or log in to acknowledge.")
    if link["expires_at"] <= clock.now():
        raise Refused("this link has run out", hint="Open the newest message, or log in to acknowledge.")
    return link
