"""Other ways into a server whose door for the application is shut: another role we have, another database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target
from fireline.redact import Secret

OTHER_DATABASES = ("postgres", "template1")
# What another database of the same server may get past, and what another role may.
_BY_DATABASE = (
    "database_limit", "database_closed", "database_invalid", "no_such_database", "connect_denied", "hba", "other",
)  # fmt: skip
_BY_ROLE = (*_BY_DATABASE, "slots", "role_limit", "authentication", "login_forbidden", "no_such_role")


@dataclass(frozen=True)
class Way:
    """One way to try, in words and as a target."""

    words: str
    target: Target


def ways(target: Target, refused: TargetUnavailable) -> Iterator[Way]:
    """The ways worth trying after this refusal, the nearest first. None, where the server itself does not answer."""
    first = target.read_dsn or target.dsn
    other = target.dsn if target.read_dsn is not None and target.read_dsn != target.dsn else None
    if other is not None and refused.kind in _BY_ROLE:
        yield Way(f"role {_part(other, 'user')}", replace(target, dsn=other, read_dsn=None))
    for secret in (first, other):
        if secret is None or refused.kind not in _BY_DATABASE:
            continue
        for name in OTHER_DATABASES:
            if name != _part(secret, "dbname"):
                words = f"role {_part(secret, 'user')} on database {name}"
                yield Way(words, replace(target, dsn=_at(secret, name), read_dsn=None))


def _part(secret: Secret, name: str) -> str:
    try:
        parts = conninfo_to_dict(secret.reveal())
    except psycopg.Error:
        return ""
    return str(parts.get(name) or (parts.get("user") if name == "dbname" else "") or "")


def _at(secret: Secret, database: str) -> Secret:
    return Secret(make_conninfo(secret.reveal(), dbname=database))
