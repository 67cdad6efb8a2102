"""What a check of integrity found, as the JSON that `fireline integrity` gives. Pure but for the time of the check."""

from __future__ import annotations

from typing import Any

from fireline import clock
from fireline.assess.checks.foreign_keys import ForeignKey
from fireline.assess.index_proof import Proof
from fireline.assess.orphan_rows import Counted
from fireline.assess.undeclared import Undeclared


def key_told(key: ForeignKey, found: Counted, proof: tuple[str, str]) -> dict[str, Any]:
    """One key. state: clean, orphans, index (one that lies), unknown; proof: what amcheck said of the parent's index."""
    state, because = proof
    lies = bool(found.lost or found.hidden) or state == "broken"
    told = "unknown" if found.orphans is None else "orphans" if found.broken else "index" if lies else "clean"
    return {
        "name": key.name, "table": key.child, "columns": list(key.columns),
        "parent": key.parent, "parent_columns": list(key.parent_columns),
        "state": told, "because": found.because, "orphans": found.orphans, "half_null": found.halves,
        "samples": [{"table": one.table, "ctid": one.ctid, "key": list(one.key)} for one in found.samples],
        "index_missing_entries": found.lost, "index_hides": found.hidden,
        "parent_index": {"name": key.parent_index, "state": state, "because": because},
        "validated": key.validated, "enforced": key.enforced, "rows": key.child_size.rows, "plan": found.plan,
        "checked_at": clock.now().isoformat(), "ms": found.ms,
    }  # fmt: skip


def proposal(one: Undeclared) -> dict[str, Any]:
    """A key that might be declared."""
    key = one.key
    return {
        "table": key.child, "column": key.columns[0], "parent": key.parent, "parent_column": key.parent_columns[0],
        "inclusion": round(one.inclusion, 4), "sampled": one.sampled,
    }  # fmt: skip


def index_told(proof: Proof) -> dict[str, Any]:
    """An index that does not hold every row."""
    index = proof.index
    return {
        "name": index.name, "table": index.table, "by": proof.by, "because": proof.because, "missing": proof.missing,
        "samples": list(proof.samples),
    }  # fmt: skip


def keys_unknown(keys: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The keys that were not checked, and why."""
    return [
        {"what": f"foreign key {one['name']} on {one['table']}", "because": one["because"]}
        for one in keys
        if one["state"] == "unknown"
    ]


def findings(told: dict[str, Any]) -> int:
    """How many things are wrong. Proposals are none, nor is a constraint that is declared not to be enforced."""
    keys = sum(one["state"] in ("orphans", "index") for one in told["foreign_keys"])
    loose = sum(one["enforced"] for one in told.get("unvalidated", []))
    parts = ("disabled_triggers", "invalid_indexes", "broken_indexes", "duplicate_keys")
    return int(keys + loose + sum(len(told.get(part, [])) for part in parts))
