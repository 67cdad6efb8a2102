"""Rows that both databases have and that differ, replaced by those of the other; what they were is kept in a file for the way back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import sql

from fireline.errors import Refused
from fireline.postgres.connect import Connection
from fireline.recovery import sealing
from fireline.recovery.rescuing.filling import Filled, names, same
from fireline.redact import Secret
from fireline.settings import Settings

_BLOCK = 1 << 16


@dataclass(frozen=True)
class Place:
    """Where former rows are kept, and the keys that they are sealed with."""

    folder: Path
    recipients: list[str] = field(default_factory=list)
    identity: Secret | None = None

    @classmethod
    def of(cls, settings: Settings) -> Place:
        """Beside the backups, encrypted as they are."""
        own = settings.recovery
        return cls(settings.path(own.folder) / "rescues", own.encrypt, own.identity)


def replace(conn: Connection, one: Filled, place: Place, token: str) -> dict[str, Any] | None:
    """Have the loaded rows take the place of those with their keys, and keep what these were: where; None for no row."""
    key, table = one.pair.key, one.pair.restored
    columns = [name for name in one.columns if name not in key and table.columns[name].identity != "a"]
    if not columns:
        return None
    temp, former = sql.Identifier("pg_temp", one.temp), sql.Identifier(f"{one.temp}_was")
    conn.execute(
        sql.SQL("SELECT FROM {} d WHERE EXISTS (SELECT FROM {} t WHERE {}) FOR UPDATE").format(
            table.rows, temp, same("d", key, "t", key)
        )
    )
    conn.execute(
        sql.SQL(
            "CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} d WHERE EXISTS (SELECT FROM {} t WHERE {})"
        ).format(former, names([*key, *columns], "d."), table.rows, temp, same("d", key, "t", key))
    )
    one.replaced = _update(conn, table.rows, temp, key, columns, sql.SQL("true"))
    if not one.replaced:
        return None
    path = place.folder / f"{token}-{one.temp}.copy"
    _write(conn, former, path, place)
    return {"file": path.name, "temp": f"{one.temp}_was", "columns": columns, "rows": one.replaced}


def _update(
    conn: Connection, table: sql.Composable, temp: sql.Composable, key: tuple[str, ...], columns: list[str], also: sql.Composable
) -> int:  # fmt: skip
    values = sql.SQL(", ").join(
        sql.SQL("{} = t.{}").format(sql.Identifier(one), sql.Identifier(one)) for one in columns
    )
    return conn.execute(
        sql.SQL("UPDATE {} d SET {} FROM {} t WHERE {} AND {}").format(
            table, values, temp, same("d", key, "t", key), also
        )
    ).rowcount


def _write(conn: Connection, former: sql.Composable, path: Path, place: Place) -> None:
    place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        query = sql.SQL("COPY {} TO STDOUT").format(former)
        with conn.cursor() as cursor, cursor.copy(query) as copy:
            if place.recipients:
                with sealing.sealed(file, place.recipients) as write:
                    for block in copy:
                        write(bytes(block))
            else:
                for block in copy:
                    file.write(block)
        file.flush()
        os.fsync(file.fileno())


def put_back(
    conn: Connection, table: str, key: tuple[str, ...], was: dict[str, Any], xid: sql.Composable, place: Place
) -> int:
    """Give replaced rows that are still as replaced what they were; how many. They bear another transaction's id then."""
    temp, columns = sql.Identifier(was["temp"]), was["columns"]
    conn.execute(
        sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
            temp, names([*key, *columns]), sql.SQL(table)
        )
    )
    load = sql.SQL("COPY {} FROM STDIN").format(temp)
    with _read(place.folder / was["file"], place) as reader, conn.cursor() as cursor, cursor.copy(load) as copy:
        while block := reader.read(_BLOCK):
            copy.write(block)
    return _update(conn, sql.SQL(table), temp, key, columns, sql.SQL("d.xmin = {}::xid").format(xid))


@contextmanager
def _read(path: Path, place: Place) -> Iterator[sealing.Reader]:
    try:
        file = path.open("rb")
    except OSError as missing:
        raise Refused(f"the file with the replaced rows can not be read: {path}: {missing.strerror}",
                      hint="It lies on the machine whose worker replaced them; undo it there.") from None  # fmt: skip
    with file:
        sealed = file.read(len(sealing.MAGIC[0])) == sealing.MAGIC[0]
        file.seek(0)
        if not sealed:
            yield file
        elif place.identity is None:
            raise Refused("the replaced rows are encrypted, and no identity is set", hint="Set recovery.identity.")
        else:
            with sealing.unsealed(file, place.identity) as reader:
                yield reader
