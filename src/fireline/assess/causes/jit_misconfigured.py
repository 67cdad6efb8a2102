"""Short statements take many times as long as they must, since each is compiled before it runs."""

from __future__ import annotations

from fireline.assess.forgetting import forget
from fireline.assess.origin import Origin, gone, in_order, nearest, origins
from fireline.assess.quoting import ident
from fireline.assess.slow import Slow, every, felt
from fireline.assess.slowness import COMPLAINTS, EXPLAINS, FAMILY, seen, severity, weight
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "jit_misconfigured"
_COST, _DEFAULT = "jit_above_cost", 100_000.0
_SHARE, _MS, _MS_UNASKED, _CALLS_UNASKED = 0.5, 5.0, 20.0, 5  # of its time; a call
_SWITCHED_OFF = (
    "SELECT setdatabase FROM pg_db_role_setting WHERE setrole = 0 AND 'jit=off' = ANY (setconfig)"
    " AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_EAGER = 5_000.0  # a cost that ordinary statements have


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Statements that spend most of their time being compiled; a setting that asks for it, if there is one."""
    slows = [one for one in every(snapshot) if _compiled(one, asked=felt(snapshot))]
    blamed = tuple(dict.fromkeys(origin for slow in slows for origin in _asks(snapshot, slow.user)))
    if not blamed:
        slows = [one for one in slows if one.calls >= _CALLS_UNASKED]
    if not slows and felt(snapshot) and _told_nothing(snapshot):
        blamed = tuple(one for one in origins(snapshot, _COST) if _eager(one))
    return (_verdict(snapshot, slows, blamed),) if slows or blamed else ()


def _compiled(slow: Slow, *, asked: bool) -> bool:
    one = slow.statement
    if one is None or not one.jit_ms or one.jit_ms < _SHARE * one.total_ms:
        return False
    return one.mean_ms >= _MS if asked else one.mean_ms >= _MS_UNASKED and one.calls >= _CALLS_UNASKED


def _told_nothing(snapshot: Snapshot) -> bool:
    """Whether the extension does not tell the time of compiling, as before version 15."""
    told = [one.statement.jit_ms for one in every(snapshot) if one.statement]
    return bool(told) and all(one is None for one in told)


def _asks(snapshot: Snapshot, user: str | None) -> tuple[Origin, ...]:
    return tuple(one for one in nearest(snapshot, user, _COST) if _eager(one))


def _eager(origin: Origin) -> bool:
    try:
        return 0 <= float(origin.value) <= _EAGER
    except ValueError:
        return False


def _verdict(snapshot: Snapshot, slows: list[Slow], blamed: tuple[Origin, ...]) -> Verdict:
    whom = listed([one.whom for one in blamed])
    return Verdict(
        cause=LABEL,
        title=f"Short statements of {whom} are compiled before they run."
        if blamed
        else "Statements take longer to compile than to run.",
        severity=severity(snapshot, slows) if slows else "medium",
        confidence=0.95 if slows and blamed else 0.85 if slows else 0.5,
        objects=tuple(one.object for one in blamed) or ("jit",),
        evidence=(*(one.evidence for one in blamed), *(_fact(one) for one in slows[:3])),
        explains=("short statements are slow", *EXPLAINS),
        rejected=(
            Rejected("missing_index", _little(slows)),
            Rejected("stale_statistics", "the time goes by before the plan runs, whatever the plan"),
            Rejected("planner_guc_disabled", "the plans are in order; compiling them takes the time"),
        ),
        remedy=_cure(snapshot, slows, blamed),
        probe=gone(snapshot, blamed) if blamed else Probe(_SWITCHED_OFF, "rows = 1"),
        hurt=weight(slows),
    )


def _fact(slow: Slow) -> Evidence:
    one = slow.statement
    assert one is not None
    share = (one.jit_ms or 0) / max(one.total_ms, 0.001)
    return Evidence("pg_stat_statements", f"compiling takes {min(share, 1):.0%} of its time: {seen(slow).fact}")


def _little(slows: list[Slow]) -> str:
    if not slows:
        return "no statement is seen that an index would help"
    return f"{slows[0].blocks or 0:,.0f} blocks a call are little to read; the time goes into compiling"


def _cure(snapshot: Snapshot, slows: list[Slow], blamed: tuple[Origin, ...]) -> Cure:
    later = "Sessions that are connected keep the old setting until they connect anew."
    if blamed:
        text = f"Take the setting back: only statements that run for seconds gain by being compiled. {later}"
        sql = in_order(sql for one in blamed for sql in one.takes_back(f"{_DEFAULT:.0f}"))
        return forget(snapshot, slows, text, sql, in_order(sql for one in blamed for sql in one.gives_again()))
    whom = f"ALTER DATABASE {ident(snapshot.server.database if snapshot.server else 'postgres')}"
    text = f"Switch compiling off for this database: wrong estimates make short statements look dear enough for it. {later}"
    return forget(snapshot, slows, text, (f"{whom} SET jit = off",), (f"{whom} RESET jit",))


cause = Cause(LABEL, FAMILY, judge, ("settings", "statements"), COMPLAINTS)
