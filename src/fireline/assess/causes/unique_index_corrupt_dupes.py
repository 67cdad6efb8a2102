"""More than one row has the same key in a unique index: the index was not asked, or could not tell, when they came."""

from __future__ import annotations

from fireline.assess.broken_keys import keys as foreign
from fireline.assess.follow_ups.proved_indexes import ProvedIndexes
from fireline.assess.index_proof import BtreeIndex, Proof, duplicated
from fireline.assess.quoting import ident, qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "unique_index_corrupt_dupes"
_MOST = 3
_LONGEST_NAME = 63


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Unique indexes whose table has a key twice."""
    seen = snapshot.last("proved_indexes", ProvedIndexes)
    found = list(seen.twice[:_MOST]) if seen else []
    return (_verdict(snapshot, found),) if found else ()


def _verdict(snapshot: Snapshot, found: list[Proof]) -> Verdict:
    names = [one.index.name for one in found]
    return Verdict(
        cause=LABEL,
        title=f"More than one row has the same key in the unique index{'es' if len(found) > 1 else ''} {listed(names)}.",
        severity="high",
        confidence=0.97,
        objects=tuple(names),
        evidence=(
            *(
                Evidence(
                    one.index.table,
                    f"{one.twice} keys of {one.index.name} are there more than once: {', '.join(one.pairs)}",
                )
                for one in found
            ),
            *(Evidence("pg_index", f"{one.index.name} is unique and valid") for one in found),
        ),
        explains=("duplicates in a unique column", "a rebuild of the index fails"),
        rejected=(
            Rejected(
                "sequence_behind_max", "the rows are there twice; a sequence that is behind only makes inserts fail"
            ),
            Rejected(
                "app_double_insert", f"{listed(names)} is unique, so the application could not have written them twice"
            ),
        ),
        remedy=_remedy(snapshot, found),
        probe=Probe(" UNION ALL ".join(_asked(one) for one in found), "rows = 0"),
        hurt=len(found),
    )


def _remedy(snapshot: Snapshot, found: list[Proof]) -> Cure:
    statements = [statement for one in found for statement in _taken_out(snapshot, one)]
    kept = listed([_kept(one.index) for one in found])
    return Cure(
        "Decide which of the rows is the right one. These statements keep the one that stands first in the table, move the others to"
        f" {kept}, and rebuild the index. Then look for why the index let them in: an upgrade of the system's collations, a crash without"
        " fsync, edited catalogs.",
        (*statements, *(f"REINDEX INDEX CONCURRENTLY {one.index.name}" for one in found)),
        level="destructive",
    )


def _taken_out(snapshot: Snapshot, proof: Proof) -> list[str]:
    """Statements that keep one row of each key. Rows that refer to the key keep a parent, so no cascade may take them along."""
    index, keys = proof.index, ", ".join(proof.keys)
    where = f" WHERE {proof.where}" if proof.where else ""
    ranked = f"SELECT ctid, row_number() OVER (PARTITION BY {keys} ORDER BY ctid) AS place, num_nulls({keys}) AS nulls FROM ONLY {index.table}{where}"  # noqa: S608 - quoted
    known = "" if index.nulls_equal else " AND nulls = 0"
    move = (
        f"WITH gone AS (DELETE FROM ONLY {index.table} WHERE ctid IN (SELECT ctid FROM ({ranked}) d WHERE place > 1{known}) RETURNING *)"  # noqa: S608 - quoted
        f" INSERT INTO {_kept(index)} SELECT * FROM gone"
    )
    make = f"CREATE TABLE IF NOT EXISTS {_kept(index)} (LIKE {index.table})"
    referred = any(one.parent_oid == index.table_oid and one.on_delete in "cnd" for one in foreign(snapshot).keys)
    if referred:
        return [make, "SET session_replication_role = replica", move, "RESET session_replication_role"]
    return [make, move]


def _asked(proof: Proof) -> str:
    return f"(SELECT 1 FROM ({duplicated(proof.index, list(proof.keys), proof.where)} LIMIT 1) d)"  # noqa: S608 - quoted


def _kept(index: BtreeIndex) -> str:
    name = f"duplicates_of_{index.bare}".encode()[:_LONGEST_NAME].decode(errors="ignore")
    return qualified(index.schema, name) if index.schema else ident(name)


cause = Cause(LABEL, "integrity", judge, ("proved_indexes",), ("duplicate", "corrupt"))
