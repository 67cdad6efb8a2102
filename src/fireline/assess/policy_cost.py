"""What a policy costs the statements it applies to: told by its functions' counters, by the owner's time, by blocks. Pure."""

from __future__ import annotations

from fireline.assess.checks.policies import Policies
from fireline.assess.checks.policy_calls import Call
from fireline.assess.checks.tables import Table
from fireline.assess.predicates import fingerprint
from fireline.assess.slow import Slow, every, felt
from fireline.assess.snapshot import Snapshot

_MS, _MS_UNASKED, _CALLS_UNASKED, _SHARE_UNASKED = 5.0, 20.0, 3, 0.05
_PER_CALL, _PART = 10, 0.3  # calls of the function for one of the statement; of its time
_QUICKER, _PER_ROW, _PER_PAGE, _TIMES = 3.0, 0.0005, 0.15, 2.0  # than the owner; ms; the pages of the table


def slowed(snapshot: Snapshot, slow: Slow, table: Table, calls: tuple[Call, ...]) -> bool:
    """Whether a statement on the table is slow because these functions are called for each row of it."""
    if not any(one.name == table.name and one.schema in (None, table.schema) for one in slow.shape.tables):
        return False
    asked = felt(snapshot)
    often = asked or (slow.calls >= _CALLS_UNASKED and slow.share >= _SHARE_UNASKED)
    if not often or slow.mean_ms < (_MS if asked else _MS_UNASKED) or not _applies(snapshot, slow, table):
        return False
    if any(one.calls for one in calls):
        spent = slow.calls * slow.mean_ms
        return any(one.calls >= _PER_CALL * slow.calls and one.total_ms >= _PART * spent for one in calls)
    return _dear(snapshot, slow, table)


def _dear(snapshot: Snapshot, slow: Slow, table: Table) -> bool:
    """Whether it costs more than reading the table, as far as that shows where calls are not counted."""
    pages, blocks = max(table.blocks, 1), slow.blocks or 0.0
    owner = as_owner(snapshot, slow, table)
    if owner is not None:
        return slow.mean_ms >= _QUICKER * owner.mean_ms
    through = blocks >= pages / 2 and slow.mean_ms >= _PER_ROW * table.rows
    return through or slow.mean_ms >= _PER_PAGE * pages or blocks >= _TIMES * pages


def as_owner(snapshot: Snapshot, slow: Slow, table: Table) -> Slow | None:
    """The same statement by the owner, whom the policy does not hold up, if it was seen."""
    wanted = fingerprint(slow.text)
    same = (one for one in every(snapshot) if one.user == table.owner and one.user != slow.user)
    return next((one for one in same if fingerprint(one.text) == wanted), None)


def _applies(snapshot: Snapshot, slow: Slow, table: Table) -> bool:
    policies = snapshot.last("policies", Policies)
    role = policies.roles.get(slow.user or "") if policies else None
    exempt = role is None or role.superuser or role.bypasses
    return not exempt and (table.forced or slow.user != table.owner)
