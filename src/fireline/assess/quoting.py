"""Names and texts as SQL that a person can paste. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_KEYWORDS = (
    "all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char"
    " character check coalesce collate collation column concurrently constraint create cross current_catalog current_date"
    " current_role current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do"
    " else end except exists extract false fetch float for foreign freeze from full grant greatest group grouping having ilike"
    " in initially inner inout int integer intersect interval into is isnull join lateral leading least left like limit"
    " localtime localtimestamp merge_action national natural nchar none normalize not notnull null nullif numeric offset on"
    " only or order out outer overlaps overlay placing position precision primary real references returning right row"
    " select session_user setof similar smallint some substring symmetric system_user table tablesample then time timestamp to"
    " trailing treat trim true union unique user using values varchar variadic verbose when where window with xmlattributes"
)
_RESERVED = frozenset(_KEYWORDS.split())


def ident(name: str) -> str:
    """A name as an identifier, quoted where it must be."""
    if _PLAIN.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(schema: str, name: str) -> str:
    """A name with its schema."""
    return f"{ident(schema)}.{ident(name)}"


def literal(text: str) -> str:
    """A text as an SQL literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'" if "\\" in text else f"'{escaped}'"


def lacking(schema: str, name: str, kind: str, role: str, privileges: Iterable[str]) -> str:
    """A query with a row as long as a role lacks one of these privileges on a table or sequence; needs no right to the schema."""
    has = " AND ".join(f"has_{kind}_privilege({literal(role)}, c.oid, {literal(one)})" for one in privileges)
    there = f"n.nspname = {literal(schema)} AND c.relname = {literal(name)}"
    return (
        f"SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {there} AND NOT ({has})"  # noqa: S608 - literals
    )
