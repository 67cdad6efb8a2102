"""A dump's entries shared out over two loaders, so that no core waits at the end for the index that takes longest.

pg_restore begins with what belongs to the biggest table, whatever it costs. An index of a slow kind (GIN and the like, which
one process builds) therefore often comes last and alone. Here its table is loaded first, and it is built at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fireline.postgres import client_tools
from fireline.postgres.client_tools import Access, ClientTools
from fireline.postgres.watch import Watch

# A line of `pg_restore --list --verbose` with what it depends on; and the head of an entry in a verbose script.
_LISTED = re.compile(rb"^(\d+); \d+ \d+ (TABLE DATA|\w+) .*\n(?:;\tdepends on: ([\d ]+)\n)?", re.M)
_ENTRY = re.compile(rb"^-- TOC entry (\d+) \(class \d+ OID \d+\)\n", re.M)
# Kinds that are quick to build; those of extensions (hnsw, ivfflat, rum) are not.
_QUICK = re.compile(rb"\bUSING \"?(?:btree|hash|brin)\b")
_GIN = re.compile(rb"\bUSING \"?gin\b")
# Bytes for GIN: a tree that the processor's caches hold is filled quicker, and what it spills into is small here: 64 MB took
# three quarters of the time of 340 MB for a jsonb of 900,000 rows.
_GIN_MEMORY = 64 << 20
_GIN_SHARE = 4  # but at least this part of the rows' files, as each spilling goes through the whole index


@dataclass(frozen=True)
class Shares:
    """Lists for `pg_restore --use-list`: slow indexes, the rows of their tables, all other entries.

    weight: which share of all rows the slow ones' are, 0 to 1, by the size of their files.
    memory: bytes of maintenance_work_mem the slow indexes are built quickest with; None for as many as can be had.
    """

    slow_rows: bytes
    slow_indexes: bytes
    others: bytes
    weight: float
    memory: int | None


@dataclass(frozen=True)
class _Entry:
    number: bytes
    kind: bytes
    needs: frozenset[bytes]
    line: bytes


def share_out(path: Path, tools: ClientTools, access: Access, watch: Watch) -> Shares | None:
    """How a dump can be shared out; None when there is no slow index in it. Raises ToolFailed."""

    def said(*options: str) -> bytes:
        pieces: list[bytes] = []
        argv = [tools.program("pg_restore"), *options, str(path)]
        client_tools.run(argv, access.env, watch=watch, on_output=pieces.append)
        return b"".join(pieces)

    entries = list(_entries(said("--list", "--verbose")))
    needed = {number for one in entries for number in one.needs}
    slow = dict(slow_indexes(said("--verbose", "--section=post-data", "--file=-")))
    indexes = [one for one in entries if one.number in slow.keys() - needed]
    if not indexes:
        return None
    tables = frozenset[bytes]().union(*(one.needs for one in indexes))
    rows = [one for one in entries if one.kind == b"TABLE DATA"]
    first = [one for one in rows if one.needs & tables]
    apart = {one.number for one in (*first, *indexes)}
    size = _bytes(path, first)
    gin = all(_GIN.search(slow[one.number]) for one in indexes)
    return Shares(
        slow_rows=_list(first),
        slow_indexes=_list(indexes),
        others=_list(one for one in entries if one.number not in apart),
        weight=size / max(_bytes(path, rows), 1),
        memory=max(_GIN_MEMORY, size // _GIN_SHARE) if gin and path.is_dir() else None,
    )


def slow_indexes(script: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The entries of a verbose script that make an index of a slow kind: each one's number and statement."""
    entries = list(_ENTRY.finditer(script))
    for entry, following in zip(entries, [*entries[1:], None], strict=True):
        statement = script[entry.end() : following.start() if following else len(script)]
        if b"; Type: INDEX;" in statement and not _QUICK.search(statement):
            yield entry[1], statement


def _entries(listed: bytes) -> Iterator[_Entry]:
    for found in _LISTED.finditer(listed):
        yield _Entry(found[1], found[2], frozenset((found[3] or b"").split()), found[0])


def _list(entries: Iterator[_Entry] | list[_Entry]) -> bytes:
    return b"".join(one.line for one in entries)


def _bytes(path: Path, entries: list[_Entry]) -> int:
    """The size of their files in a folder; of any other format nothing is known, so each entry counts the same."""
    if not path.is_dir():
        return len(entries)
    return sum(file.stat().st_size for one in entries for file in path.glob(f"{one.number.decode()}.dat*"))
