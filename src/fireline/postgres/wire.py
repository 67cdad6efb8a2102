"""Statements by the extended protocol, results in portions, cells as JSON has them: what the driver's cursors do not give together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

from psycopg import errors, pq
from psycopg.generators import fetch, send

from fireline.postgres.connect import Connection

_PORTION = 200  # rows held at a time
_BOOLEAN, _FLOATS, _NUMERIC = 16, (700, 701), 1700
_INTEGERS = (20, 21, 23, 26)


def results(conn: Connection, statement: str, values: Sequence[Any]) -> Iterator[pq.abc.PGresult]:
    """The results of exactly one statement, in portions. Left early, what is still to come is cancelled.

    Raises psycopg.Error with the server's words; a second statement behind a semicolon is a syntax error.
    """
    encoding = conn.info.encoding
    conn.pgconn.send_query_params(statement.encode(encoding), [_sent(value, encoding) for value in values] or None)
    conn.pgconn.set_chunked_rows_mode(_PORTION)
    conn.wait(send(conn.pgconn))
    ended = False
    try:
        while (result := conn.wait(fetch(conn.pgconn))) is not None:
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise errors.error_from_result(result, encoding)
            if result.status in (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH):
                conn.close()  # the server waits for data that nobody has
                raise errors.FeatureNotSupported("COPY from or to the client is not possible here")
            yield result
        ended = True
    finally:
        if not ended and not conn.closed:
            _drain(conn)


def _drain(conn: Connection) -> None:
    """Bring a connection whose results were not all taken back to order."""
    if conn.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
        conn.cancel_safe(timeout=5)
        while conn.wait(fetch(conn.pgconn)) is not None:
            pass


def _sent(value: Any, encoding: str) -> bytes | None:
    """A value as text, whose type the server infers."""
    if value is None:
        return None
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return str(value).encode(encoding)


def columns(result: pq.abc.PGresult) -> list[str]:
    """The names of the columns; none for a command without rows."""
    return [(result.fname(place) or b"").decode() for place in range(result.nfields)]


def rows(result: pq.abc.PGresult) -> Iterator[list[Any]]:
    """The rows of a portion: booleans and finite numbers as such, anything else as PostgreSQL writes it."""
    types = [result.ftype(place) for place in range(result.nfields)]
    for row in range(result.ntuples):
        yield [_cell(result.get_value(row, place), kind) for place, kind in enumerate(types)]


def _cell(raw: bytes | None, kind: int) -> Any:
    if raw is None:
        return None
    text = raw.decode(errors="replace")
    if kind == _BOOLEAN:
        return text == "t"
    if kind in _INTEGERS:
        return int(text)
    if kind in _FLOATS:
        number = float(text)
        return number if isfinite(number) else text
    if kind == _NUMERIC:
        return _number(text)
    return text


def _number(text: str) -> int | float | str:
    """A numeric as a JSON number where that loses nothing."""
    value = Decimal(text)
    if not value.is_finite():
        return text
    if value == value.to_integral_value():
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else text


def shortened(cell: Any, room: int) -> Any:
    """A cell that fits into what room is left, cut with an ellipsis if need be."""
    return f"{cell[: max(room, 0)]}…" if isinstance(cell, str) and len(cell) > room else cell
