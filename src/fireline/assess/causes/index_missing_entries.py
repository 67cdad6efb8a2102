"""An index does not hold every row of its table: a row is not found by its key, and is there when the table is read."""

from __future__ import annotations

from fireline.assess.checks.foreign_keys import ForeignKey
from fireline.assess.follow_ups.orphans import Orphans
from fireline.assess.follow_ups.proved_indexes import ProvedIndexes, lying
from fireline.assess.index_proof import BtreeIndex, Proof
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "index_missing_entries"
_MOST = 5


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Indexes that were proved not to hold every row. Where keys are there twice, that comes first: no rebuild succeeds before."""
    seen = snapshot.last("proved_indexes", ProvedIndexes)
    lies = lying(snapshot.last("orphans", Orphans))
    proofs = seen.proofs if seen else ()
    broken = [one for one in proofs if not one.twice and (one.state == "broken" or one.index.oid in lies)][:_MOST]
    return (_verdict(snapshot, broken),) if broken else ()


def _verdict(snapshot: Snapshot, broken: list[Proof]) -> Verdict:
    names = [one.index.name for one in broken]
    many = len(broken) > 1
    return Verdict(
        cause=LABEL,
        title=f"The index{'es' if many else ''} {listed(names)} {'do' if many else 'does'} not hold every row, so rows that are there are not found.",
        severity="high",
        confidence=0.97,
        objects=tuple(names),
        evidence=(*(_fact(one) for one in broken), *_keys(snapshot, broken)),
        explains=("a row is not found by its key", "the same question has two answers", "false orphans"),
        rejected=(
            Rejected("mass_delete", "the rows are in the table: a scan of it finds them"),
            Rejected("rls_enabled_no_policy", "the rows are hidden from one index only, for every role"),
            Rejected("fk_bypassed_replica_role", "the parents are in their table; only the index lacks them"),
            Rejected("page_corruption", "every page of the table was read without a fault"),
        ),
        remedy=_remedy(broken),
        probe=_probe([one.index for one in broken]),
        hurt=len(broken),
    )


def _fact(proof: Proof) -> Evidence:
    index = proof.index
    if proof.missing:
        shown = f": {', '.join(proof.samples)}" if proof.samples else ""
        return Evidence(index.name, f"{proof.missing} rows of {index.table} are not in it{shown}")
    if proof.state != "broken":
        return Evidence(index.name, "what it answers is not what its table holds")
    return Evidence("amcheck", f"bt_index_check of {index.name}: {proof.because}")


def _keys(snapshot: Snapshot, broken: list[Proof]) -> tuple[Evidence, ...]:
    """What the count of orphans told of the same indexes."""
    seen = snapshot.last("orphans", Orphans)
    oids = {one.index.oid for one in broken}
    lies = [one for one in seen.counted if one.lost and one.key.parent_index_oid in oids] if seen else []
    return tuple(Evidence(one.key.child, _lost(one.key, one.lost)) for one in lies)


def _lost(key: ForeignKey, lost: int) -> str:
    return f"{lost} rows seem to refer to nothing by {key.parent_index}, and the table {key.parent} has their parents"


def _remedy(broken: list[Proof]) -> Cure:
    return Cure(
        "Rebuild it; reading and writing go on meanwhile, and about the index's size is needed on the disk. Until then its answers are"
        " wrong: what was decided by them, such as unique keys, may be wrong too. Then look for why: the disk, memory, an upgrade"
        " of the system's collations, fsync = off.",
        tuple(f"REINDEX INDEX CONCURRENTLY {one.index.name}" for one in broken),
    )


def _probe(indexes: list[BtreeIndex]) -> Probe:
    """Red until the index has been built anew: its file is another one then."""
    files = ", ".join(f"({one.table_oid}, {one.filenode})" for one in indexes)
    return Probe(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"  # noqa: S608 - numbers
        f" WHERE (i.indrelid, c.relfilenode) IN ({files})",
        "rows = 0",
    )


cause = Cause(
    LABEL,
    "integrity",
    judge,
    ("proved_indexes",),
    ("lost", "corrupt", "orphans", "duplicate"),
    absorbs=("fk_missing_logical",),
)
