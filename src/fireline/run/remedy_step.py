"""The remedies of a step, one after another, each after its plan; undo goes through them backwards."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from fireline import redact
from fireline.errors import FirelineError, Refused, StoreUnavailable, TargetUnavailable
from fireline.postgres.connect import Target, reach
from fireline.postgres.watch import Progress, Watch
from fireline.run.ledger import Q
from fireline.run.remedy import Hand, Outcome, Plan, Remedy, Verdict
from fireline.run.work import Result, Work, check_server, failed
from fireline.run.world import World


def carry_out(work: Work) -> Result:
    """Each line's remedy in order; the first that fails ends the step. Undo goes through them backwards."""
    lines = work.captured["captured"]["lines"]
    summaries: list[str] = []
    facts: dict[str, Any] = {}
    artefacts: list[tuple[str, str, dict[str, Any]]] = []
    started = time.monotonic()
    work.begin(None)
    for planned in reversed(lines) if work.undo else lines:
        if not work.lease.fresh:
            raise Refused("another worker has taken this run over, so nothing more was started")
        remedy, target, plan = remedy_of(work.world, planned)
        if work.undo and remedy.undo is None:
            raise Refused(f"{remedy.name} has no undo: {remedy.no_undo}")
        if planned.get("server") is not None and not remedy.offline:
            with reach(target) as conn:
                check_server(planned["server"], conn, target)
        hand = Hand(work.world.settings, work.world.store, Watch(told=_told(work)), work.run["requested_by"])
        with work.lease.stopping(hand.watch.cancel.cancel):
            done = _act(work, remedy, target, plan, hand)
        if isinstance(done, Result):
            return done
        summaries.append(done.summary)
        facts.update(done.facts)
        if done.artefact is not None:
            artefacts.append((done.artefact[0], target.name, done.artefact[1]))
        if not done.ok and work.lease.stop_reason is not None:
            text = "; ".join([work.lease.stop_reason, *summaries])
            return Result("cancelled", {"summary": text, "facts": facts}, artefacts=artefacts)
        verdict = remedy.verify(target, plan, hand) if done.ok and not work.undo else None
        if verdict is not None:
            facts["verify"] = {"ok": verdict.ok, "summary": verdict.summary}
            summaries += [verdict.summary] if verdict.summary else []
        if not done.ok or (verdict is not None and verdict.ok is False):
            text = "; ".join(summaries)
            return Result("failed", {"summary": text, "error": summaries[-1], "facts": facts}, artefacts=artefacts)
    ms = int((time.monotonic() - started) * 1000)
    return Result("succeeded", {"summary": "; ".join(summaries), "facts": facts, "ms": ms}, artefacts=artefacts)


def _act(work: Work, remedy: Remedy, target: Target, plan: Plan, hand: Hand) -> Outcome | Result:
    """One remedy's do or undo; what it raises is the step's result, and lost nothing of what it had done before."""
    act = remedy.undo if work.undo and remedy.undo is not None else remedy.do
    try:
        return act(target, plan, hand)
    except (Refused, StoreUnavailable):
        raise
    except (FirelineError, psycopg.Error) as fault:
        told = fault if isinstance(fault, FirelineError) else FirelineError(f"the server said: {_words(fault)}")
        if work.lease.stop_reason is not None:
            return Result("cancelled", {"summary": f"{work.lease.stop_reason}; {told.message}"})
        if work.undo or not isinstance(fault, TargetUnavailable | psycopg.Error):
            return failed(told)
        seen = _seen(remedy, target, plan, hand)  # it had answered a moment ago: nobody knows how far this came
        outcome = {"summary": told.message, "error": told.message, "verify": {"ok": seen.ok, "summary": seen.summary}}
        return Result("failed" if seen.ok is False else "unknown", outcome)


def _seen(remedy: Remedy, target: Target, plan: Plan, hand: Hand) -> Verdict:
    """What the remedy's own probe sees; a target that is away tells nothing."""
    try:
        return remedy.verify(target, plan, hand)
    except FirelineError as away:
        return Verdict(None, f"that can not be seen: {away.message}")


def _words(fault: psycopg.Error) -> str:
    return redact.text((fault.diag.message_primary or str(fault)).strip().splitlines()[0])


def _told(work: Work) -> Callable[[Progress], None]:
    """Where a remedy's progress goes: into the row of its attempt, for page and terminal to read."""

    def tell(progress: Progress) -> None:
        with suppress(StoreUnavailable), work.world.store.transaction() as conn:  # the work does not need it
            conn.execute(Q["tell_progress"], {"attempt": work.attempt, "progress": Jsonb(progress.json())})

    return tell


def remedy_of(world: World, planned: dict[str, Any]) -> tuple[Remedy, Target, Plan]:
    """The remedy, target and plan of a planned line, as they were stored when the approval was asked for."""
    remedy = world.remedies.get(planned["remedy"])
    if remedy is None:
        raise Refused(
            f"this Fireline has no remedy {planned['remedy']}", hint="Run a worker of the version that planned it."
        )
    plan = Plan(planned["summary"], planned["effect"], planned["undo"], planned["level"], planned["captured"])
    return remedy, world.target(planned["target"]), plan
