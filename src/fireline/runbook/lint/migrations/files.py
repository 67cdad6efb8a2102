"""The SQL of a folder of migrations in the order in which its tool would run it, statement by statement with its line."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from postgast import PgQueryError, scan

from fireline.runbook.language.cutting import cuts

LARGEST = 20_000_000  # bytes of one file
MOST_SQL = 5_000_000  # characters of it that are no rows of COPY
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
    command: bool = False  # of psql, and no SQL


class Unread(Exception):
    """Why a file was not read."""


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
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _NUMBERS.split(text) if part]


def _flyway(path: Path) -> tuple[int, list[int], str]:
    """Versioned ones by their version, then those that are repeated."""
    found = _FLYWAY.fullmatch(path.name)
    assert found is not None
    version = [int(part) for part in re.split(r"[._]", found[2] or "") if part]
    return (0 if found[1].upper() == "V" else 1, version, path.name)


def pieces(file: Path) -> Iterator[Piece]:
    """The statements of the way up of one file, and the commands of psql that would do more than speak. Raises Unread."""
    text = _upwards(text_of(file))
    cut = [*_commands(file, text), *_cut(file, _COMMAND.sub("", text))]
    yield from sorted(cut, key=lambda one: one.line)


def text_of(file: Path) -> str:
    """The text of a file with a line feed at the end of each line. Raises Unread."""
    try:
        about = file.stat()
        if not stat.S_ISREG(about.st_mode):  # a pipe may never end
            raise Unread("it is no regular file")
        if about.st_size > LARGEST:
            raise Unread(f"it has more than {LARGEST // 1_000_000} MB")
        if file.is_symlink() and not file.resolve().is_relative_to(_bound(file)):
            raise Unread("it is a link that leads out of its repository")
        raw = file.read_bytes()
    except OSError as fault:
        raise Unread((fault.strerror or str(fault)).lower()) from None
    if b"\0" in raw:
        raise Unread("it holds a byte that is 0: it is no text")
    return raw.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _bound(file: Path) -> Path:
    """What a link may not lead out of: the repository of a file, else its folder."""
    folder = file.absolute().parent.resolve()
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


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


# A command of psql at the beginning of a line; those that only speak to psql are passed over without a word.
_COMMAND = re.compile(r"^\\(?!\.$)(?:[a-z]+|!).*$", re.MULTILINE)
_SPEAKING = re.compile(r"\\(?:connect|c|set|unset|restrict|unrestrict|echo|qecho|warn|timing|pset|encoding|x|t|a|q)\b")


def _commands(file: Path, text: str) -> Iterator[Piece]:
    line, counted = 1, 0
    for found in _COMMAND.finditer(text):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        if not _SPEAKING.match(found[0]):
            yield Piece(file, line, found[0].strip(), command=True)


def _cut(file: Path, text: str) -> Iterator[Piece]:
    """Statement by statement; a text whose words can not be told apart is one."""
    text, data = _data_out(text)
    if len(text) > MOST_SQL:
        raise Unread(f"it has more than {MOST_SQL // 1_000_000} MB of SQL")
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


_COPY = re.compile(r"^copy\b", re.IGNORECASE | re.MULTILINE)
_FROM_STDIN = re.compile(r"\bfrom\s+stdin\b", re.IGNORECASE)
_REST_OF_LINE = re.compile(r"[ \t]*\n")


def _data_out(text: str) -> tuple[str, dict[int, str]]:
    """The text with the rows of COPY … FROM stdin blanked out, and those rows by the line of their statement.

    It goes from semicolon to semicolon and looks at nothing twice: a hostile file begins a million COPYs and ends none.
    """
    data: dict[int, str] = {}
    out: list[str] = []
    at = begin = counted = 0
    line = 1
    while (semicolon := text.find(";", begin)) >= 0:
        copy, begin_of_rest = _COPY.search(text, begin, semicolon), _REST_OF_LINE.match(text, semicolon + 1)
        begin = semicolon + 1
        if copy is None or begin_of_rest is None or not _FROM_STDIN.search(text, copy.end(), semicolon):
            continue
        first = begin_of_rest.end()
        end = text.find("\n\\.", first - 1)
        if end < 0:
            break
        line += text.count("\n", counted, copy.start())
        counted = copy.start()
        data[line] = text[first : end + 1]
        begin = end + 3
        out += [text[at:first], "\n" * text.count("\n", first, begin)]
        at = begin
    return "".join(out) + text[at:], data
