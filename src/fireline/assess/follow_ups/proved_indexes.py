"""Whether indexes hold all rows, and unique ones each key once: proved in the time there is; read only when asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass

from fireline.assess.follow_ups.orphans import Orphans, bare
from fireline.assess.index_proof import Proof, amcheck, distinct, indexes, prove
from fireline.assess.snapshot import Check, Snapshot
from fireline.postgres.connect import Connection

_ABOUT = ("lost", "duplicate", "corrupt")
_BRIEFLY, _DEEPLY = 0.35, 40.0  # seconds
_MOST_BRIEFLY, _MOST_DEEPLY = 200, 2000
_LEAST_SECONDS = 0.05


@dataclass(frozen=True)
class ProvedIndexes:
    """What was proved. amcheck: why that extension could not be asked; empty when it could. left: indexes there was no time for."""

    proofs: tuple[Proof, ...] = ()
    amcheck: str = ""
    left: int = 0

    @property
    def broken(self) -> tuple[Proof, ...]:
        """Indexes that do not hold what they should."""
        return tuple(one for one in self.proofs if one.state == "broken")

    @property
    def twice(self) -> tuple[Proof, ...]:
        """Unique indexes over rows with the same key."""
        return tuple(one for one in self.proofs if one.twice)


def wanted(sofar: Snapshot) -> bool:
    """When rows are missed or doubled, and when the count of orphans showed that an index lies."""
    return sofar.asked.deep or bool(lying(sofar.last("orphans", Orphans))) or sofar.complaint.about(*_ABOUT)


def lying(seen: Orphans | None) -> set[int]:
    """The parents' indexes by which rows refer to nothing, while the table has what they refer to."""
    found = seen.counted if seen else ()
    return {one.key.parent_index_oid for one in found if one.lost and one.key.parent_index_oid}


def read(conn: Connection, sofar: Snapshot) -> ProvedIndexes:
    """Prove those that the complaint names, then the unique ones, small before large."""
    deep = sofar.asked.deep
    schema, because = amcheck(conn)
    words = {*sofar.complaint.words, *map(bare, sofar.complaint.names)}
    lies = lying(sofar.last("orphans", Orphans))
    known, total = indexes(conn, _MOST_DEEPLY if deep else _MOST_BRIEFLY, first=lies, words=words)
    end = time.monotonic() + (_DEEPLY if deep else _BRIEFLY)
    proofs: list[Proof] = []
    for place, index in enumerate(known):
        if end - time.monotonic() < _LEAST_SECONDS:
            return ProvedIndexes(tuple(proofs), because, total - place)
        left = round((end - time.monotonic()) * 1000)
        conn.execute(f"SET LOCAL statement_timeout = {left}".encode())
        proof = prove(conn, index, schema)
        proofs.append(distinct(conn, proof) if index.unique else proof)
    return ProvedIndexes(tuple(proofs), because, total - len(known))


def blind(reading: ProvedIndexes) -> str | None:
    """Which indexes were not proved."""
    unknown = [one for one in reading.proofs if one.state == "unknown"]
    left = reading.left + len(unknown)
    if not left:
        return None
    first = f", such as {unknown[0].index.name}: {unknown[0].because}" if unknown else ", for want of time"
    return f"could not prove {left} of {len(reading.proofs) + reading.left} indexes{first}"


check = Check("proved_indexes", read, wanted=wanted, blind=blind)
