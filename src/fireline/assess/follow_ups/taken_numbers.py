"""The highest number that is taken in the columns that get theirs from a sequence: one look into the index of each."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from fireline.assess.checks.sequences import Sequence, Sequences
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

_MOST, _SECONDS = 60, 0.6
_WHOLE_TABLE = 20_000  # rows that are read through where no index leads with the column


@dataclass(frozen=True)
class TakenNumbers:
    """By number of the sequence; None: the column is empty. What could not be read is not in it."""

    highest: dict[int, int | None] = field(default_factory=dict)
    unread: dict[int, str] = field(default_factory=dict)  # with the reason


def read(conn: Connection, sofar: Snapshot) -> TakenNumbers:
    """The columns that the complaint is about first, then those of the largest tables, as long as there is time."""
    seen = sofar.last("sequences", Sequences)
    end = time.monotonic() + (_SECONDS if not sofar.asked.deep else 20 * _SECONDS)
    highest: dict[int, int | None] = {}
    unread: dict[int, str] = {}
    for one in _chosen(seen.sequences if seen else (), sofar):
        if time.monotonic() > end:
            break
        try:
            highest[one.oid] = _highest(conn, one)
        except psycopg.Error as fault:
            unread[one.oid] = str(fault.diag.message_primary or fault).splitlines()[0]
        conn.rollback()
    return TakenNumbers(highest, unread)


def _chosen(sequences: tuple[Sequence, ...], sofar: Snapshot) -> list[Sequence]:
    able = [
        one for one in sequences
        if one.column and one.step > 0 and not one.cycles and (one.indexed or one.rows < _WHOLE_TABLE)
    ]  # fmt: skip
    able.sort(key=lambda one: not sofar.complaint.mentions(one.table_name or "", *one.keys))
    return able[:_MOST]


def _highest(conn: Connection, one: Sequence) -> int | None:
    conn.execute("SET LOCAL statement_timeout = '400ms'")
    question = sql.SQL("SELECT max({}) AS highest FROM {}").format(
        sql.Identifier(one.column or ""), sql.Identifier(one.table_schema or "", one.table_name or "")
    )
    row = conn.execute(question).fetchone()
    return int(row["highest"]) if row and row["highest"] is not None else None


def wanted(sofar: Snapshot) -> bool:
    """When keys come twice, or a sequence is in trouble; the team's tables are left alone otherwise."""
    return sofar.complaint.about("duplicate", "sequence") or sofar.asked.deep


check = Check("taken_numbers", read, wanted=wanted)
