"""The levels at which the SQL functions judge: those of the causes, put into their text when they are made. Pure."""

from __future__ import annotations

from fireline.assess import headroom, held_back, held_up, log_kept, reasons, score, slots, symptoms, tangle
from fireline.assess.causes import (
    autovacuum_disabled_table,
    connection_leak_idle,
    long_statement_holds_lock,
    sync_standby_missing,
    wraparound_pressure_holder,
    xmin_held_by_prepared,
    xmin_held_by_session,
    xmin_held_by_slot,
)
from fireline.assess.checks.locks import MOST_WAITING

LEVELS: dict[str, int | float | list[str]] = {
    **score.TAKES,
    "healthy": score.HEALTHY,
    "warning": score.WARNING,
    # who holds others up
    "strong": list(tangle.STRONG),
    "ordinary": list(tangle.ORDINARY),
    "most_waiting": MOST_WAITING,
    "lasts": long_statement_holds_lock.LEAST_SECONDS,
    "many": held_up.MANY,
    "some": held_up.SOME,
    "long": held_up.LONG_SECONDS,
    "many_commits": sync_standby_missing.MANY,
    # connections
    "nearly": slots.NEARLY,
    "leak_seconds": connection_leak_idle.LONG_SECONDS,
    # tables and the planner
    "planner": [*reasons.METHODS, *reasons.COSTS],
    **reasons.ABSURD,
    "seq_page_cost": reasons.CHEAPEST_SCAN,
    "off_dead": autovacuum_disabled_table.DEAD_UNASKED,
    "off_part": autovacuum_disabled_table.PART_UNASKED,
    "off_times": autovacuum_disabled_table.TIMES,
    "off_pages": autovacuum_disabled_table.PAGES,
    "enough_rows": symptoms.ENOUGH_ROWS,
    "enough_blocks": symptoms.ENOUGH_BLOCKS,
    # how far the end is
    "xids": headroom.XIDS,
    "soon": headroom.SOON,
    "far": headroom.FAR,
    "wraparound_far": wraparound_pressure_holder.FAR,
    "moment": held_back.A_MOMENT,
    "kept_dead": held_back.LEAST_DEAD,
    "kept_part": held_back.SHARE_DEAD,
    "held_seconds": xmin_held_by_session.LONG_SECONDS,
    "held_many": xmin_held_by_session.MANY,
    "prepared_seconds": xmin_held_by_prepared.LONG_SECONDS,
    "slot_many": xmin_held_by_slot.MANY,
    "worth_a_word": log_kept.WORTH_A_WORD,
    "segment": log_kept.SEGMENT,
}
