"""A query on a standby needs rows that replay would remove, or holds a lock: replay waits, and readers see old data."""

from __future__ import annotations

import shlex

from fireline.assess.behind import ASKED, replay
from fireline.assess.checks.settings import Settings
from fireline.assess.checks.standbys import Reader, Replay, Standbys
from fireline.assess.held_up import moment
from fireline.assess.log_kept import size
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import age, shortened, span
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "replay_held_by_query"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Replay waits in a conflict or for a lock in every sample, and somebody on this standby is in its way."""
    seen = snapshot.all("standbys", Standbys)
    here = replay(snapshot)
    if here is None or here.state == "paused" or not all(one.replay and _held(one.replay) for one in seen):
        return ()
    if len({one.replay.replayed for one in seen if one.replay}) > 1:
        return ()
    found = [one for one in here.readers if one.pid in here.blockers] or [
        one for one in here.readers if one.xmin_age is not None
    ]
    return (_verdict(snapshot, here, found[0], seen[-1]),) if found else ()


def _held(here: Replay) -> bool:
    return (here.wait or "").startswith("RecoveryConflict") or here.wait_type in ("Lock", "BufferPin")


def _verdict(snapshot: Snapshot, here: Replay, one: Reader, seen: Standbys) -> Verdict:
    settings = snapshot.last("settings", Settings)
    limit = settings.value("max_standby_streaming_delay", "?") if settings else "?"
    same = f"pid = {one.pid} AND backend_start = {moment(one.backend_start)} AND xact_start = {moment(one.xact_start)}"
    left = max((here.received or 0) - (here.replayed or 0), 0)
    return Verdict(
        cause=LABEL,
        title="Replay on this standby waits for a query: its readers see old data.",
        severity="high" if snapshot.complaint.about(*ASKED) else "medium",
        confidence=0.9 if one.pid in here.blockers or len(here.readers) == 1 else 0.75,
        objects=(f"pid {one.pid}",),
        evidence=(
            Evidence(
                "pg_stat_activity",
                f"the startup process waits on {here.wait}; {size(left)} of log are received and not replayed",
            ),
            Evidence(
                "pg_stat_activity",
                f"pid {one.pid} ({one.application or one.user}@{one.client or 'local'}) is {one.state}, its transaction open for"
                f" {span(age(seen.at, one.xact_start))}; last statement: {shortened(one.query)}",
            ),
            Evidence("pg_settings", f"max_standby_streaming_delay is {limit} ms (-1 waits for ever)"),
        ),
        explains=("reads on the replica are old",),
        rejected=(
            Rejected("replay_paused", "replay is not paused"),
            Rejected("replica_network_lag", f"log arrives: the receiver is {here.receiver or 'not running'}"),
        ),
        remedy=Cure(
            text=f"End pid {one.pid} on this standby: only its open read is lost, and replay goes on. Then lower"
            " max_standby_streaming_delay, or run long reports on a standby of their own.",
            sql=(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {same}",),  # noqa: S608 - numbers and moments
            level="reversible",
            command=f"fireline resolve terminate-session {one.pid} --target {shlex.quote(snapshot.target)}",
        ),
        probe=Probe(f"SELECT pid FROM pg_stat_activity WHERE {same}", "rows = 0"),  # noqa: S608
    )


cause = Cause(LABEL, "storage", judge, ("standbys",), ("replica",))
