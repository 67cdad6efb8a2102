"""What holds back the oldest transaction, so that VACUUM can not remove dead rows; the tables frozen longest ago."""

from __future__ import annotations

from fireline.assess.checks.horizon import Horizon
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import age, shortened
from fireline.assess.view import MOST, Section, Shown, View


def show(snapshot: Snapshot) -> Shown:
    """The holders, the one furthest back first."""
    reading = snapshot.last("horizon", Horizon)
    assert reading is not None
    holders = tuple(
        {
            "kind": one.kind,
            "name": one.name,
            "transactions": one.oldest,
            "owner": one.owner,
            "application": one.application or "-",
            "state": one.state,
            "since_s": round(age(reading.at, one.since), 1) if one.since else None,
            "statement": shortened(one.query or ""),
        }
        for one in reading.holders[:MOST]
    )
    old = tuple(
        {"table": one.name, "xid_age": one.age, "multixact_age": one.multixact_age, "rows": one.rows} for one in reading.old
    )  # fmt: skip
    facts = (f"{len(holders)} hold it back",) if holders else ("Nothing holds it back",)
    return Shown(facts, (Section("Holders", holders), Section("Frozen longest ago", old)))


view = View("horizon", "Who keeps VACUUM from removing dead rows", ("horizon",), show)
