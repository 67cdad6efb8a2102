"""A setting makes every commit wait a fixed time for company: each write is slow by the same amount."""

from __future__ import annotations

from fireline.assess.checks.settings import Settings
from fireline.assess.origin import Origin, gone, in_order, origins
from fireline.assess.snapshot import Replication, Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Rejected, Verdict

LABEL = "commit_delay_set"
_NAME = "commit_delay"
_LONG, _FELT = 10_000, 1_000  # µs: longer than any disk needs; what somebody who complains may feel
_ASKED = ("slow_writes", "slow", "hang", "timeout")


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """commit_delay is longer than a disk takes to write; less only when somebody complains."""
    least = _FELT if snapshot.complaint.about(*_ASKED) else _LONG
    found = [one for one in origins(snapshot, _NAME) if micros(one.value) >= least]
    return (_verdict(snapshot, found),) if found else ()


def micros(value: str) -> int:
    """The setting in microseconds; it takes no other unit."""
    digits = value.strip().lower().removesuffix("us").strip()
    return int(digits) if digits.isdigit() else 0


def _verdict(snapshot: Snapshot, found: list[Origin]) -> Verdict:
    settings, replication = snapshot.last("settings", Settings), snapshot.last("replication", Replication)
    longest = max(micros(one.value) for one in found) / 1000
    siblings = settings.value("commit_siblings", "5") if settings else "5"
    commits = [one for one in snapshot.locks[-1].sessions.values() if one.wait == "SyncRep"] if snapshot.locks else []
    names = replication.names if replication else ""
    return Verdict(
        cause=LABEL,
        title=f"commit_delay makes the commits of {listed([one.whom for one in found])} wait on purpose.",
        severity="high" if longest >= _LONG / 1000 else "medium",
        confidence=0.95 if longest >= _LONG / 1000 else 0.7,
        objects=tuple(one.object for one in found),
        evidence=(
            *(one.evidence for one in found),
            Evidence(
                "pg_settings",
                f"a commit waits {longest:g} ms when {siblings} other transactions are open (commit_siblings)",
            ),
        ),
        explains=("each commit is slow by a constant", "writes are slow"),
        rejected=(
            Rejected(
                "sync_standby_missing",
                f"no commit waits for a standby{'' if names else ', and synchronous_standby_names is empty'}",
            )
            if not commits
            else Rejected("sync_standby_missing", f"{len(commits)} commits wait for a standby besides"),
            Rejected("idle_in_tx_row_lock", "a commit that waits for company waits for no lock"),
            Rejected("redundant_indexes", "the time is the same for every commit, whatever it writes"),
        ),
        remedy=Cure(
            text="Take the setting back: commits are written at once again. Nothing is lost by it.",
            sql=in_order(sql for one in found for sql in one.takes_back("0")),
            level="reversible",
            undo=in_order(sql for one in found for sql in one.gives_again()),
        ),
        probe=gone(snapshot, found),
    )


cause = Cause(LABEL, "configuration", judge, ("settings",), ("slow_writes", "slow"))
