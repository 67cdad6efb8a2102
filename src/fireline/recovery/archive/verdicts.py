"""What one statement of a dump would do beyond its database, and whom it names. Pure: bytes in, words out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAME = rb'(?:"(?:[^"]|"")+"|[A-Za-z_\x80-\xff][\w$\x80-\xff]*)'
_NAMES = rb"(" + _NAME + rb"(?:\s*,\s*" + _NAME + rb")*)"
_COPY = re.compile(
    rb"COPY\s+(" + _NAME + rb"(?:\s*\.\s*" + _NAME + rb")*)\s*(?:\(\s*" + _NAMES + rb"\s*\)\s*)?FROM\s+STDIN\s*;\Z",
    re.I,
)
_QUOTED = re.compile(rb"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_HEAD = 400
_SOME = re.compile(rb"\s+")
_ABROAD = "it acts on the whole server, not on one database"
_LEAVES = "it leaves the database that is restored into"
_READS = "it changes how texts are read"
_RUNS = "it runs a program"
# The words a statement begins with, in capitals, single spaces between them; and what is wrong with it.
_REFUSED = (
    (re.compile(rb"(CREATE|DROP|ALTER) DATABASE\b"), _LEAVES),
    (re.compile(rb"ALTER SYSTEM\b"), _ABROAD),
    (re.compile(rb"(CREATE|DROP|ALTER) (ROLE|GROUP|TABLESPACE|USER(?! MAPPING\b))\b"), _ABROAD),
    (re.compile(rb"(GRANT|REVOKE) .* ON (DATABASE|TABLESPACE)\b"), _ABROAD),
    (re.compile(rb"(GRANT|REVOKE)\b(?!.* ON )"), _ABROAD),  # a membership
    (re.compile(rb"(COMMENT|SECURITY LABEL.*) ON (DATABASE|ROLE|TABLESPACE)\b"), _ABROAD),
    (re.compile(rb"LOAD\b"), "it loads a library into the server"),
    (re.compile(rb"COPY\b.*\bPROGRAM\b"), _RUNS),
    (re.compile(rb"COPY\b"), "it copies from or to something that is not in the dump"),
    (re.compile(rb"SET (SESSION |LOCAL )?STANDARD_CONFORMING_STRINGS (?!(= |TO )'?ON'?;)"), _READS),
    (re.compile(rb"SET (SESSION |LOCAL )?\""), _READS),  # pg_dump quotes no setting's name
    (re.compile(rb"SELECT .*\bSET_CONFIG\((?!'SEARCH_PATH', '', FALSE\);)"), _READS),
    (re.compile(rb"SET CLIENT_ENCODING (= |TO )'?(SJIS|SHIFT|MSKANJI|BIG5|WIN950|GBK|WIN936|UHC|WIN949|GB18030|JOHAB)"),
     "it is written in an encoding in which a backslash may be half a character"),
)  # fmt: skip
_CAREFUL = {b"CREATE", b"DROP", b"ALTER", b"GRANT", b"REVOKE", b"COMMENT", b"SECURITY", b"LOAD", b"COPY", b"SET", b"SELECT"}  # fmt: skip
_WORD = re.compile(rb"[A-Za-z]+")
_NOBODY = {"public", "current_user", "session_user", "current_role"}
# Where roles stand in what pg_dump writes.
_ROLES = (
    re.compile(rb"\bOWNER TO " + _NAMES + rb";\Z"),
    re.compile(rb"\AALTER DEFAULT PRIVILEGES FOR ROLE " + _NAMES),
    re.compile(rb"\A(?:GRANT|ALTER DEFAULT PRIVILEGES) .*\bTO " + _NAMES + rb"(?: WITH GRANT OPTION)?;\Z", re.S),
    re.compile(rb"\A(?:REVOKE|ALTER DEFAULT PRIVILEGES) .*\bFROM " + _NAMES + rb";\Z", re.S),
    re.compile(rb"\ACREATE SCHEMA .* AUTHORIZATION " + _NAMES + rb";\Z"),
    re.compile(rb"\ASET SESSION AUTHORIZATION " + _NAMES + rb";\Z"),
    re.compile(rb"\ACREATE POLICY .*? TO " + _NAMES + rb"(?: USING| WITH CHECK|;)", re.S),
)
_EXTENSION = re.compile(rb"\ACREATE EXTENSION (?:IF NOT EXISTS )?(" + _NAME + rb")")


@dataclass
class Contents:
    """What a dump holds, as far as its statements tell."""

    statements: int = 0
    inserts: bool = False  # whether rows come as statements
    tables: list[str] = field(default_factory=list)  # whose rows come in a block of COPY
    roles: set[str] = field(default_factory=set)  # every role that is named, so that must be there
    extensions: set[str] = field(default_factory=set)
    large_objects: int = 0


def copied_table(statement: bytes) -> str | None:
    """The table whose rows follow this statement, if it is COPY as pg_dump writes it."""
    found = _COPY.match(statement) if statement[:4].upper() == b"COPY" else None
    return found[1].decode(errors="replace") if found else None


def fault(statement: bytes) -> str | None:
    """Why this statement is not let through, or None."""
    word = _WORD.match(statement)
    if not word or word[0].upper() not in _CAREFUL:
        return None
    bare = _QUOTED.sub(_blank, statement[:_HEAD])
    words = _SOME.sub(b" ", bare).upper()
    return next((why for pattern, why in _REFUSED if pattern.match(words)), None)


def _blank(quoted: re.Match[bytes]) -> bytes:
    """A name that could be taken for a word of the language is not; short texts are kept, for the values of settings."""
    return b'"name"' if quoted[0].startswith(b'"') else quoted[0].replace(b" ", b"_")


def note(statement: bytes, contents: Contents) -> None:
    """Count a statement, and keep whom it names."""
    contents.statements += 1
    start = statement[:12]
    if start.startswith((b"ALTER", b"GRANT", b"REVOKE", b"CREATE SCHEM", b"CREATE POLIC", b"SET SESSION ")):
        for pattern in _ROLES:
            if found := pattern.search(statement):
                contents.roles |= {_plain(name) for name in re.findall(_NAME, found[1])} - _NOBODY
    elif start.startswith(b"CREATE EXTEN"):
        if found := _EXTENSION.match(statement):
            contents.extensions.add(_plain(found[1]))
    elif start.startswith(b"SELECT pg_ca") and b"lo_create(" in statement[:40]:
        contents.large_objects += 1


def _plain(name: bytes) -> str:
    text = name.decode(errors="replace")
    return text[1:-1].replace('""', '"') if text.startswith('"') else text.lower()
