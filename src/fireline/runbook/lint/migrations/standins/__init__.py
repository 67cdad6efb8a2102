"""What migrations expect to find in a database before the first of them: Supabase's own, extensions that are not installed."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
from postgast import PgQueryError, scan
from postgast.pg_query_pb2 import Token
from psycopg import sql

from fireline.runbook.lint.migrations.files import Unread, text_of

SCHEMAS = frozenset({"auth", "storage", "extensions", "realtime", "vault", "graphql", "supabase_functions", "pgsodium"})
_ROLES = {"anon", "authenticated", "service_role", "supabase_admin", "supabase_auth_admin", "supabase_storage_admin"}
_FOR_EXTENSIONS = ("pgcrypto", "uuid-ossp")


def wants_supabase(migrations: Iterable[Path]) -> bool:
    """Whether these migrations are for a Supabase project: by their folder, or by the names in them."""
    paths = tuple(migrations)
    if any("supabase" in path.parts for path in paths):
        return True
    for path in paths:
        with suppress(Unread):  # which is told where it is run
            if _names_supabase(text_of(path)):
                return True
    return False


def _names_supabase(text: str) -> bool:
    if not any(word in text for word in (*_ROLES, "auth.uid", "auth.users", "storage.objects")):
        return False
    try:
        tokens = scan(text).tokens
    except PgQueryError:
        return False
    raw = text.encode()
    words = [
        raw[one.start : one.end].decode("utf-8", "replace").strip('"') for one in tokens if one.token != Token.SCONST
    ]
    dotted = {f"{one}.{other}" for one, dot, other in zip(words, words[1:], words[2:], strict=False) if dot == "."}
    own = any(one.lower() == "schema" and "auth" in words[at + 1 : at + 5] for at, one in enumerate(words))
    return not own and bool(_ROLES & set(words) or dotted & {"auth.uid", "auth.users", "storage.objects", "auth.jwt"})


def supabase(conn: psycopg.Connection[Any]) -> frozenset[str]:
    """Put in what a Supabase project has from the start; the schemas that only stand in for it."""
    conn.execute(_text("supabase").encode())
    conn.execute('ALTER DATABASE postgres SET search_path = "$user", public, extensions')
    return SCHEMAS


def extension(conn: psycopg.Connection[Any], name: str, schema: str) -> bool:
    """Put in the names of an extension that is not installed; whether there is something to put in."""
    if name not in _FOR_EXTENSIONS:
        return False
    with conn.transaction():
        conn.execute(sql.SQL("SET LOCAL search_path = {}").format(sql.Identifier(schema)))
        conn.execute(_text(name).encode())
    return True


def _text(name: str) -> str:
    return (files(__package__) / f"{name}.sql").read_text(encoding="utf-8")
