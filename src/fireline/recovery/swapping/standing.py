"""What the server's catalog says of a database beside its content, and what of it differs between two."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from fireline import redact
from fireline.postgres.connect import Connection
from fireline.store.connect import queries

Q = queries("fireline.recovery")

# Settings that are lists of names: a text with commas in it would be taken for one name.
LISTS = (
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
)
_NAME_IN_LIST = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,"]*?))\s*(?:,|$)')


@dataclass(frozen=True)
class Standing:
    """A database as `pg_database` and its kin show it.

    acl: None is the server's own default, which an explicit list with the same rights is not.
    settings: of the database (role None) and of roles in it. grants: the rights one by one, in the order of the list.
    """

    oid: int
    name: str
    owner: str
    limit: int
    allows: bool
    template: bool
    acl: list[str] | None
    usual_acl: list[str]
    grants: list[dict[str, Any]]
    settings: list[dict[str, Any]]
    comment: str | None
    labels: list[dict[str, str]]
    tablespace: str
    locale: dict[str, Any]

    def json(self) -> dict[str, Any]:
        """As stored with a restore's row."""
        return asdict(self)

    def outline(self) -> dict[str, Any]:
        """The same for people and for rows that need no more: of settings the names alone, as a value may be a secret."""
        bare = [{**one, "settings": [text.partition("=")[0] for text in one["settings"]]} for one in self.settings]
        return {
            **asdict(self),
            "settings": bare,
            "comment": None if self.comment is None else redact.text(self.comment),
        }

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Standing:
        """The same, back from the store."""
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__})

    def but(self, **changed: Any) -> Standing:
        """The same with a few things different."""
        return replace(self, **changed)


def look(conn: Connection, name: str) -> Standing | None:
    """The database of this name, or None."""
    row = conn.execute(Q["standing"], {"names": [name], "oids": []}).fetchone()
    return Standing(**row) if row else None


def by_number(conn: Connection, *oids: int) -> dict[int, Standing]:
    """Those of these databases that exist, whatever they are called now."""
    rows = conn.execute(Q["standing"], {"names": [], "oids": list(oids)}).fetchall()
    return {row["oid"]: Standing(**row) for row in rows}


def size_of(conn: Connection, *oids: int) -> dict[int, int | None]:
    """Bytes of databases, by number; None where our role may not see them."""
    return {row["oid"]: row["bytes"] for row in conn.execute(Q["database_sizes"], {"oids": list(oids)}).fetchall()}


def sessions_in(conn: Connection, *oids: int) -> list[dict[str, Any]]:
    """Who is in these databases, counted by role, application and address; secrets masked."""
    rows = conn.execute(Q["sessions_of"], {"oids": list(oids)}).fetchall()
    return [{**row, "application": redact.text(row["application"])} for row in rows]


def differences(wanted: Standing, found: Standing) -> list[str]:
    """What of the one does not stand in the other, in words; content, name, number, place and locale are not compared."""
    unlike = [
        word
        for word, one, other in (
            ("owner", wanted.owner, found.owner),
            ("connection limit", wanted.limit, found.limit),
            ("whether it allows connections", wanted.allows, found.allows),
            ("whether it is a template", wanted.template, found.template),
            ("comment", wanted.comment, found.comment),
            ("security labels", wanted.labels, found.labels),
            ("rights", _rights(wanted), _rights(found)),
        )
        if one != other
    ]
    mine, theirs = _settings(wanted), _settings(found)
    for role in sorted(mine.keys() | theirs.keys(), key=str):
        if mine.get(role, {}) != theirs.get(role, {}):
            unlike.append(f"settings of role {role} in it" if role else "settings")
    return unlike


def _rights(one: Standing) -> list[tuple[Any, ...]]:
    return sorted((str(g["grantee"]), g["grantor"], g["privilege"], g["grantable"]) for g in one.grants)


def _settings(one: Standing) -> dict[str | None, dict[str, Any]]:
    """Role to setting to value; lists as lists, since the server may write them with other blanks."""
    found: dict[str | None, dict[str, Any]] = {}
    for entry in one.settings:
        pairs = (text.partition("=")[::2] for text in entry["settings"])
        found[entry["role"]] = {key: names(value) if key in LISTS else value for key, value in pairs}
    return found


def names(text: str) -> list[str]:
    """The names in a setting that is a list of names: `a, "B c"`."""
    found = [(quoted, bare) for quoted, bare in _NAME_IN_LIST.findall(text)]
    return [quoted.replace('""', '"') or bare for quoted, bare in found[:-1] or found] if text.strip() else []
