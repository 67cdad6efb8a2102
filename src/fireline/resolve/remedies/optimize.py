"""Tend a database online: statistics, vacuum, freezing, broken and bloated indexes, constraints never checked; the plan first."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from fireline.errors import FirelineError
from fireline.postgres.connect import Target, connect
from fireline.resolve.upkeep import numbers, reading, telling
from fireline.resolve.upkeep.item import Item
from fireline.resolve.upkeep.narrow import Asked, narrow
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict
from fireline.settings import duration

_LIMIT = timedelta(seconds=20)
_LOCK = timedelta(milliseconds=100)
_UNITS = {"": 1, "B": 1, "KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}

Work = Literal["analyze", "vacuum", "freeze", "reindex", "validate", "sequence"]


def _bytes(value: str) -> int:
    """`500MB`, `20 GB`, or a number of bytes; ValueError otherwise."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?B|)", value.strip().upper())
    if not found:
        raise ValueError(f"{value!r} is not a size such as 500MB or 20GB")
    return int(float(found[1]) * _UNITS[found[2]])


class Optimize(Parameters):
    """What to tend, and how far to go."""

    only: list[Work] = Field(
        default_factory=list, description="only this work: analyze, vacuum, freeze, reindex, validate or sequence"
    )
    tables: list[str] = Field(default_factory=list, description="only these tables, with or without their schema")
    skip: list[str] = Field(default_factory=list, description="leave this work, these tables or these indexes out")
    limit: str = Field("10m", description="time after which nothing more is begun and what runs is stopped")
    patience: str = Field("10s", description="age from which another's transaction counts as one that holds this up")
    max_lag: str = Field("256MB", description="how far a standby may fall behind before this stops")
    disk_free: str | None = Field(None, description="disk free at the server, where Fireline can not see it: 50GB")
    sequences: bool = Field(False, description="also raise sequences that are behind the largest number in use")

    @field_validator("limit", "patience")
    @classmethod
    def _a_time(cls, value: str) -> str:
        duration(value)
        return value

    @field_validator("max_lag", "disk_free")
    @classmethod
    def _a_size(cls, value: str | None) -> str | None:
        if value is not None:
            _bytes(value)
        return value


def plan(target: Target, parameters: Optimize, hand: Hand) -> Plan:
    """Look what would help now; nothing is changed."""
    free = None if parameters.disk_free is None else _bytes(parameters.disk_free)
    raising = parameters.sequences or "sequence" in parameters.only
    wanted = reading.Wanted(duration(parameters.patience).total_seconds(), free, raising)
    with connect(target, acting=True, statement_timeout=_LIMIT, lock_timeout=_LOCK) as conn:
        found, place = reading.look(conn, wanted)
    chosen = narrow(found, Asked(_only(parameters), parameters.tables, parameters.skip))
    return Plan(
        summary=telling.summary(target.name, chosen),
        effect=telling.effect(chosen, unseen=place["unseen"] > 0),
        undo="None is needed: no row is changed, and what is rebuilt or collected anew says the same as before.",
        level="reversible" if chosen.items else "read",
        captured={
            "parts": [item.json() for item in chosen.items],
            "left_out": [{"what": one.what, "why": one.why} for one in chosen.left_out],
            "suggestions": [
                {"what": one.what, "why": one.why, "statement": one.statement} for one in chosen.suggestions
            ],
            "limit": duration(parameters.limit).total_seconds(),
            "patience": wanted.patience,
            "max_lag": _bytes(parameters.max_lag),
            "disk_free": free,
        },
    )


def _only(parameters: Optimize) -> list[str]:
    """The kinds of work; raising sequences is asked for by itself."""
    return [*parameters.only, "sequence"] if parameters.only and parameters.sequences else list(parameters.only)


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Carry every part out, or as many as may be, each looked at again first."""
    from fireline.resolve.upkeep.carry_out import carry_out
    from fireline.resolve.upkeep.turn import Limits

    captured = plan.captured
    items = [Item.of(stored) for stored in captured["parts"]]
    if not items:
        return Outcome(True, plan.summary, {"parts": []})
    limits = Limits(captured["limit"], captured["max_lag"], captured["patience"], captured["disk_free"])
    found = carry_out(target, items, limits, hand.watch.cancel)
    ok = all(one.state in ("done", "not needed") for one in found)
    return Outcome(ok, telling.outcome(found), {"parts": [one.json() for one in found]})


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether each part is done: statistics fresh, index valid, constraint validated."""
    items = [Item.of(stored) for stored in plan.captured["parts"]]
    if not items:
        return Verdict(True, "There was nothing to do.")
    try:
        with connect(target, acting=True, statement_timeout=_LIMIT, lock_timeout=_LOCK) as conn:
            left = [item for item in items if not numbers.done(item, numbers.now(conn, item))]
    except FirelineError as away:
        return Verdict(None, f"that can not be seen: {away.message}")
    if left:
        return Verdict(False, f"{len(items) - len(left)} of {len(items)} are done; not yet: {left[0].what}.")
    return Verdict(True, f"All {len(items)} are done." if len(items) > 1 else "It is done.")


remedy = Remedy(
    name="optimize",
    phase="resolve",
    summary="Tend the database online: statistics, vacuum, indexes, constraints.",
    level="reversible",
    parameters=Optimize,
    plan=plan,
    do=do,
    verify=verify,
    undo=None,
    no_undo="no row is changed: statistics, free space and indexes say the same as before, only better",
    words=("optimize database", "optimise database", "optimize the database", "run optimization", "database optimization",
           "vacuum analyze", "reindex"),
    short=True,
)  # fmt: skip
