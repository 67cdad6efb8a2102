"""The levels at which the SQL functions judge: those of the causes, put into their text when they are made. Pure."""

from __future__ import annotations

from fireline.assess import headroom, held_back, held_up, log_kept, reasons, score, slots, symptoms, tangle
from fireline.assess.causes.autovacuum_disabled_table import DEAD_UNASKED, PAGES, PART_UNASKED, TIMES
from fireline.assess.causes.connection_leak_idle import LONG_SECONDS as LEAK_SECONDS
from fireline.assess.causes.long_statement_holds_lock import LEAST_SECONDS
from fireline.assess.causes.sequence_exhausted_int4 import NEAR, VERY_NEAR
from fireline.assess.causes.sync_standby_missing import MANY as MANY_COMMITS
from fireline.assess.causes.wraparound_pressure_holder import FAR as WRAPAROUND_FAR
from fireline.assess.causes.xmin_held_by_prepared import LONG_SECONDS as PREPARED_SECONDS
from fireline.assess.causes.xmin_held_by_session import LONG_SECONDS as HELD_SECONDS
from fireline.assess.causes.xmin_held_by_session import MANY as HELD_MANY
from fireline.assess.causes.xmin_held_by_slot import MANY as SLOT_MANY
from fireline.assess.checks.locks import MOST_WAITING
from fireline.assess.look import GAP_SECONDS, MOST_SAMPLES

LEVELS: dict[str, int | float | list[str]] = {
    **score.TAKES,
    "healthy": score.HEALTHY,
    "warning": score.WARNING,
    # who holds others up
    "strong": list(tangle.STRONG),
    "ordinary": list(tangle.ORDINARY),
    "most_waiting": MOST_WAITING,
    "lasts": GAP_SECONDS * (MOST_SAMPLES - 1),
    "statement_seconds": LEAST_SECONDS,
    "many": held_up.MANY,
    "some": held_up.SOME,
    "long": held_up.LONG_SECONDS,
    "many_commits": MANY_COMMITS,
    # connections
    "nearly": slots.NEARLY,
    "leak_seconds": LEAK_SECONDS,
    # tables and the planner
    "planner": [*reasons.METHODS, *reasons.COSTS],
    **reasons.ABSURD,
    "seq_page_cost": reasons.CHEAPEST_SCAN,
    "off_dead": DEAD_UNASKED,
    "off_part": PART_UNASKED,
    "off_times": TIMES,
    "off_pages": PAGES,
    "enough_rows": symptoms.ENOUGH_ROWS,
    "enough_blocks": symptoms.ENOUGH_BLOCKS,
    # how far the end is
    "xids": headroom.XIDS,
    "soon": headroom.SOON,
    "far": headroom.FAR,
    "wraparound_far": WRAPAROUND_FAR,
    "moment": held_back.A_MOMENT,
    "kept_dead": held_back.LEAST_DEAD,
    "kept_part": held_back.SHARE_DEAD,
    "held_seconds": HELD_SECONDS,
    "held_many": HELD_MANY,
    "prepared_seconds": PREPARED_SECONDS,
    "slot_many": SLOT_MANY,
    "worth_a_word": log_kept.WORTH_A_WORD,
    "segment": log_kept.SEGMENT,
    "sequence_near": NEAR,
    "sequence_very_near": VERY_NEAR,
}
