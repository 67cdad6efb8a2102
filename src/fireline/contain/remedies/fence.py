"""Keep the application's traffic away from a database, reversibly and for a limited time; what is done is in `recovery/fence`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from fireline import clock
from fireline.errors import FirelineError
from fireline.postgres.connect import Target
from fireline.recovery.fence import fence as fences
from fireline.recovery.fence import sessions
from fireline.recovery.fence.ground import Ground, stand
from fireline.recovery.fence.planning import MEANS, Planned
from fireline.recovery.fence.planning import plan as plan_of
from fireline.recovery.fence.proof import prove
from fireline.recovery.fence.rows import Fence as Row
from fireline.recovery.fence.rows import Level
from fireline.recovery.fence.way import holds
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict
from fireline.settings import duration


def _is_duration(value: str | None) -> str | None:
    if value is not None and not duration(value) > timedelta(0):
        raise ValueError("must be longer than nothing")
    return value


class Fence(Parameters):
    """How far, and for how long."""

    level: Level = Field("drained", description="read-only, no-new, drained or closed")
    for_: Annotated[str | None, AfterValidator(_is_duration)] = Field(
        None,
        description="falls by itself after this, such as 30m; recovery.fence_for if left out. Raising it again renews it",
    )
    reason: str = Field("", description="why; it stands with the fence")


def plan(target: Target, parameters: Fence, hand: Hand) -> Plan:
    """Which ways would be used here and why, what each does not stop, who is locked out, whose sessions are ended."""
    life = duration(parameters.for_) if parameters.for_ else hand.settings.recovery.fence_for
    with stand(target) as ground:
        planned = plan_of(ground, parameters.level)
        ended = _ended_now(ground, parameters.level)
        database = ground.database
    with hand.store.transaction() as conn:
        stood = fences.standing(conn, target.name)
    return Plan(
        summary=_summary(target, database, parameters.level, life, stood),
        effect=f"{MEANS[parameters.level].capitalize()}. {ended} Locked out: {planned.locked_out}",
        undo=f"`fireline unfence --target {target.name}` puts everything back as it was; after {_words(life)} that happens by itself.",
        level="reversible",
        captured={
            "level": parameters.level,
            "seconds": life.total_seconds(),
            "reason": parameters.reason,
            "database": database,
            "keys": planned.keys,
            "parts": _parts(planned),
            "left_out": [{"what": one.what, "why": one.why} for one in planned.left_out],
        },
    )


def _summary(target: Target, database: str, level: Level, life: timedelta, stood: Row | None) -> str:
    where = f"{target.name} (database {database})"
    if stood is None:
        return f"Raise a fence around {where}: {level}, for {_words(life)}."
    if stood.level == level:
        return f"Renew the fence around {where}, which is {level}: for {_words(life)} from now."
    return f"Take the fence around {where} from {stood.level} to {level}, for {_words(life)} from now."


def _ended_now(ground: Ground, level: Level) -> str:
    if level == "no-new":
        return "No session is ended."
    inside = sessions.inside(ground.conn, ground.database)
    roles = ground.target.application_roles
    found = [one for one in inside if level == "closed" or sessions.is_application(one, roles)]
    if not found:
        return "No session would be ended at this moment."
    return f"Sessions are ended, and what they have not committed is lost: {sessions.named(found)}."


def _parts(planned: Planned) -> list[dict[str, Any]]:
    return [
        {
            "what": f"{step.title[0].upper()}{step.title[1:]}.",
            "why": f"{step.why[0].upper()}{step.why[1:]}. It does not stop: {step.stops_not}.",
            "statement": "; ".join(step.act) or "nothing: it is so already",
            "undo": "; ".join(step.inverse),
        }
        for step in planned.steps
    ]


def _words(life: timedelta) -> str:
    seconds = int(life.total_seconds())
    for size, word in ((3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {word}"
    return f"{seconds} s"


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Raise it, hold to the steps that were approved, and look who is left."""
    told = plan.captured
    fence = fences.raise_(
        hand.store,
        target,
        told["level"],
        expires_at=clock.now() + timedelta(seconds=told["seconds"]),
        reason=told["reason"],
        by=hand.actor,
        plan_steps=told["keys"],
        watch=hand.watch,
    )
    proof = fence.proof or {}
    facts = {"fence": fence.id, "level": fence.level, "until": fence.expires_at.isoformat(), "proved": proof.get("proved"),
             "can_write": proof.get("can_write", []), "residue": proof.get("residue", [])}  # fmt: skip
    done = next((step.said for step in fence.steps if step.way == "end-sessions" and step.state == "acted"), "")
    summary = f"the fence around {target.name} is {fence.level} until {fence.expires_at:%H:%M:%S} UTC"
    return Outcome(True, "; ".join(part for part in (summary, done) if part), facts)


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether it stands, and keeps the application away: proved, not proved, or refuted."""
    with hand.store.transaction() as conn:
        fence = fences.standing(conn, target.name)
    if fence is None or fence.level != plan.captured["level"]:
        return Verdict(False, f"No fence of the level {plan.captured['level']} stands around {target.name}.")
    if fence.state != "up":
        return Verdict(
            False, f"The fence around {target.name} is {fence.state}: {fence.error or 'see `fireline fence status`'}."
        )
    try:
        with stand(target) as ground:
            fallen = [step.title for step in fence.steps if step.state == "acted" and not holds(ground, step)]
            proof = prove(ground, fence.level)
    except FirelineError as away:
        return Verdict(None, f"that can not be seen: {away.message}")
    if fallen:
        return Verdict(False, f"Somebody undid: {'; '.join(fallen)}.")
    refuted = proof["refuted"] or proof["canary"]["right"] is False
    good = False if refuted else True if proof["proved"] or proof["canary"]["right"] else None
    return Verdict(good, f"{proof['says'][0].upper()}{proof['says'][1:]}.")


def undo(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Lift it."""
    del plan
    with hand.store.transaction() as conn:
        fence = fences.standing(conn, target.name)
    if fence is None:
        return Outcome(True, f"no fence stands around {target.name} any more")
    lifted = fences.lift(hand.store, target, fence, hand.actor)
    if lifted.state != "lifted":
        return Outcome(False, f"not everything could be put back: {lifted.error}")
    return Outcome(True, f"the fence around {target.name} is lifted and everything is as it was")


remedy = Remedy(
    name="fence",
    phase="contain",
    summary="Keep the application's traffic away, prove it, and let it back by itself after a time.",
    level="reversible",
    parameters=Fence,
    plan=plan,
    do=do,
    verify=verify,
    undo=undo,
    words=(
        "stop application traffic",
        "stop all traffic",
        "stop traffic",
        "stop the application",
        "stop application",
        "pause application",
        "pause traffic",
        "block application traffic",
        "stop writes",
        "put the database in read-only mode",
        "raise a fence",
        "fence the database",
    ),
    short=True,
)
