"""The SQL of a folder of migrations in the order in which its tool would run it, statement by statement with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postgast import PgQueryError, scan

from fireline.runbook.language.cutting import cuts

LARGEST = 20_000_000  # bytes of one file
_FLYWAY = re.compile(r"([VR])([0-9][0-9._]*)?__.+\.sql", re.IGNORECASE)
_DOWN_FILE = re.compile(r"(?:\.|_|-)(?:down|undo|rollback|revert)\.sql$|^(?:down|U[0-9._]+__.*)\.sql$", re.IGNORECASE)
_NUMBERS = re.compile(r"(\d+)")
# The lines by which a tool parts the way up from the way down: dbmate, goose, sql-migrate, node-pg-migrate, sqlx, knex.
_UP = re.compile(
    r"^\s*--\s*(?:migrate:up|\+\s*goose\s+up|\+\s*migrate\s+up|up migration|\+\+?\s*up)\b.*$", re.IGNORECASE
)
_DOWN = re.compile(
    r"^\s*--\s*(?:migrate:down|\+\s*goose\s+down|\+\s*migrate\s+down|down migration|\+\+?\s*down|//@undo)\b.*$",
    re.IGNORECASE,
)
_FOLDERS = ("supabase/migrations", "db/migrations", "db/migrate", "prisma/migrations", "migrations", "sql")


@dataclass(frozen=True)
class Piece:
    """One statement of a migration, as it stands."""

    file: Path
    line: int
    sql: str
    data: str | None = None  # of COPY … FROM stdin, as a dump holds it


def files(folder: Path) -> list[Path]:
    """The files of a folder of migrations, in their order; also a single file, and a folder that holds the folder."""
    if folder.is_file():
        return [folder]
    here = _in(folder)
    if here:
        return here
    for name in _FOLDERS:
        if found := _in(folder / name):
            return found
    structure = [
        one
        for one in (folder / "structure.sql", folder / "db" / "structure.sql", folder / "db" / "schema.sql")
        if one.is_file()
    ]
    return structure[:1]


def _in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    nested = sorted((one for one in folder.glob("*/*.sql") if one.name in ("migration.sql", "up.sql")), key=_order)
    flat = [one for one in folder.glob("*.sql") if not _DOWN_FILE.search(one.name) and one.is_file()]
    if nested:
        return nested  # prisma, diesel
    if any(_FLYWAY.fullmatch(one.name) for one in flat):
        return sorted((one for one in flat if _FLYWAY.fullmatch(one.name)), key=_flyway)
    deploy = folder / "deploy"
    if not flat and (folder / "sqitch.plan").is_file():
        plan = (folder / "sqitch.plan").read_text(encoding="utf-8", errors="replace").splitlines()
        named = [line.split()[0] for line in plan if line.strip() and line[0] not in "%#@ "]
        return [deploy / f"{name}.sql" for name in named if (deploy / f"{name}.sql").is_file()]
    return sorted(flat, key=_order)


def _order(path: Path) -> list[tuple[int, int, str]]:
    """By name, its numbers counted as numbers: 2_x before 10_y."""
    text = str(path.relative_to(path.parents[1]))
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in _NUMBERS.split(text) if part]


def _flyway(path: Path) -> tuple[int, list[int], str]:
    """Versioned ones by their version, then those that are repeated."""
    found = _FLYWAY.fullmatch(path.name)
    assert found is not None
    version = [int(part) for part in re.split(r"[._]", found[2] or "") if part]
    return (0 if found[1].upper() == "V" else 1, version, path.name)


def pieces(file: Path) -> Iterator[Piece]:
    """The statements of the way up of one file. What is no SQL, such as a command of psql, is left out."""
    if file.stat().st_size > LARGEST:
        return
    text = _upwards(file.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n"))
    yield from _cut(file, _without_commands(text))


def _upwards(text: str) -> str:
    """The text with the way down blanked out, line for line."""
    lines, up, kept = text.split("\n"), True, []
    if any(_UP.match(line) for line in lines):
        up = False
    for line in lines:
        if _UP.match(line):
            up = True
        elif _DOWN.match(line):
            up = False
        kept.append(line if up else "")
    return "\n".join(kept)


def _without_commands(text: str) -> str:
    r"""Commands of psql at the beginning of a line become empty: \connect, \set, and \restrict of newer dumps."""
    return re.sub(r"(?m)^\\(?!\.$)[a-z].*$", "", text)


def _cut(file: Path, text: str) -> Iterator[Piece]:
    """Statement by statement; a text whose words can not be told apart is one."""
    text, data = _data_out(text)
    raw, line, counted = text.encode(), 1, 0
    for start, end in cuts(raw, _words(text)):
        line += raw.count(b"\n", counted, start)
        counted = start
        yield Piece(file, line, raw[start:end].decode("utf-8", "replace").strip(), data.get(line))


def _words(text: str) -> list[Any]:
    try:
        return list(scan(text).tokens)
    except PgQueryError:
        return []


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


_COPY = re.compile(r"^copy\b[^;]*\bfrom\s+stdin\b[^;]*;[ \t]*\n", re.IGNORECASE | re.MULTILINE)


def _data_out(text: str) -> tuple[str, dict[int, str]]:
    """The text with the rows of COPY … FROM stdin blanked out, and those rows by the line of their statement."""
    data: dict[int, str] = {}
    out, at = "", 0
    for found in _COPY.finditer(text):
        if found.start() < at:
            continue
        end = text.find("\n\\.", found.end() - 1)
        if end < 0:
            break
        data[_line(text, found.start())] = text[found.end() : end + 1]
        stop = end + 3
        out += text[at : found.end()] + "\n" * text.count("\n", found.end(), stop)
        at = stop
    return out + text[at:], data
