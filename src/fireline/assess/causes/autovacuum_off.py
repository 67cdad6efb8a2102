"""Autovacuum is switched off for the whole server: tables swell, figures grow old, transaction ids run out."""

from __future__ import annotations

from fireline.assess.checks.settings import Settings
from fireline.assess.checks.tables import Tables
from fireline.assess.origin import Origin, gone, in_order, origins, truth
from fireline.assess.slowness import COMPLAINTS
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Rejected, Verdict

LABEL = "autovacuum_off"
_NAMES = ("autovacuum", "track_counts")  # without counters autovacuum does not know what to do


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """The server's configuration switches it off."""
    settings = snapshot.last("settings", Settings)
    found = [one for one in origins(snapshot, *_NAMES) if one.server and not truth(one.value)]
    return (_verdict(snapshot, found),) if settings and found else ()


def _verdict(snapshot: Snapshot, found: list[Origin]) -> Verdict:
    tables = snapshot.last("tables", Tables)
    swollen = sorted(tables.tables, key=lambda one: -one.dead)[:3] if tables else []
    facts = tuple(
        Evidence("pg_stat_all_tables", f"{one.path} has {one.dead:,} dead rows beside {one.live:,} live ones")
        for one in swollen
        if one.dead > one.live
    )
    return Verdict(
        cause=LABEL,
        title="Autovacuum is switched off for the whole server.",
        severity="high" if facts and snapshot.complaint else "medium",
        confidence=0.95,
        objects=tuple(one.object for one in found),
        evidence=(*(one.evidence for one in found), *facts),
        explains=("tables keep growing", "plans grow bad", "warnings about wraparound"),
        rejected=(
            Rejected("autovacuum_disabled_table", f"{listed([one.name for one in found])} is off for the whole server"),
            Rejected("xmin_held_by_session", "nothing vacuums, whoever holds rows"),
        ),
        remedy=Cure(
            text="Switch it on again; it begins within a minute and goes gently. Some switch it off for a bulk load and forget it.",
            sql=in_order(sql for one in found for sql in one.takes_back("on")),
            level="reversible",
            undo=in_order(sql for one in found for sql in one.gives_again()),
        ),
        probe=gone(snapshot, found),
    )


cause = Cause(LABEL, "configuration", judge, ("settings",), (*COMPLAINTS, "bloat", "wraparound", "disk"))
