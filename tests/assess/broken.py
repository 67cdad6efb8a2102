"""Snapshots of keys and indexes, built for the judges."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fireline.assess.checks.foreign_keys import DisabledTrigger, ForeignKey, ForeignKeys
from fireline.assess.checks.settings import Override, Settings
from fireline.assess.follow_ups.orphans import Orphans
from fireline.assess.follow_ups.proved_indexes import ProvedIndexes
from fireline.assess.index_proof import BtreeIndex, Proof
from fireline.assess.orphan_rows import Counted, Sample
from fireline.assess.snapshot import Asked, Snapshot
from fireline.assess.undeclared import Undeclared
from fireline.assess.verdict import Verdict
from tests.assess.judging import NOTHING_SEEN, asking

COMPLAINT = asking("orphaned rows in lines")
KEY = ForeignKey(
    7, "bound", "public.lines", "public.orders", ("order_id",), ("id",), ("OPERATOR(pg_catalog.=)",), ("",),
    parent_index="public.orders_pkey", parent_index_oid=70, parent_oid=69,
)  # fmt: skip
INDEX = BtreeIndex(
    70, "public.orders_pkey", "public.orders", ("id",), "orders_pkey", "public", 69, unique=True, filenode=4711
)
OFF = DisabledTrigger("RI_ConstraintTrigger_c_9", "public.lines", "D", 7)
SAMPLES = (Sample("public.lines", "(0,7)", ("500",)),)


def counted(orphans: int | None, key: ForeignKey = KEY, **more: Any) -> Counted:
    """What was counted of a key."""
    return Counted(
        key, orphans, SAMPLES if orphans else (), because="" if orphans is not None else "permission denied", **more
    )


def seen(
    *,
    key: ForeignKey = KEY,
    orphans: int | None = 0,
    disabled: tuple[DisabledTrigger, ...] = (),
    proofs: tuple[Proof, ...] = (),
    undeclared: tuple[tuple[Undeclared, Counted], ...] = (),
    overrides: tuple[Override, ...] = (),
    asked: Asked | None = None,
    **more: Any,
) -> Snapshot:
    """A look at a database with one key."""
    readings: dict[str, tuple[Any, ...]] = {
        "foreign_keys": (ForeignKeys((key,), disabled, 1),),
        "orphans": (Orphans((counted(orphans, key, **more),), undeclared),),
        "proved_indexes": (ProvedIndexes(proofs),),
        "settings": (Settings(overrides=overrides),),
    }
    return replace(NOTHING_SEEN, readings=readings, asked=COMPLAINT if asked is None else asked)


def without(snapshot: Snapshot, *checks: str) -> Snapshot:
    """The same look, had it not read these."""
    return replace(snapshot, readings={name: one for name, one in snapshot.readings.items() if name not in checks})


def facts(verdict: Verdict) -> str:
    """Its evidence as one text."""
    return "\n".join(f"{one.source}: {one.fact}" for one in verdict.evidence)


def ruled_out(verdict: Verdict) -> set[str]:
    """The twins it rejects."""
    return {one.cause for one in verdict.rejected}
