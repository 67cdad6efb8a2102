"""Lift the fence around a target: everything is put back as it was, to the letter where the server lets us."""

from __future__ import annotations

from pydantic import Field

from fireline.errors import FirelineError, Refused
from fireline.postgres.connect import Target
from fireline.recovery.fence import canary
from fireline.recovery.fence import fence as fences
from fireline.recovery.fence.rows import by_id
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict


class Unfence(Parameters):
    """What is done with what somebody else has changed meanwhile."""

    accept: bool = Field(
        False, description="leave what somebody else has changed meanwhile as it is, and count the fence as lifted"
    )


def plan(target: Target, parameters: Unfence, hand: Hand) -> Plan:
    """What would be put back, from the row of the fence alone."""
    with hand.store.transaction() as conn:
        fence = fences.standing(conn, target.name)
    if fence is None:
        raise Refused(
            f"no fence stands around {target.name}",
            hint=f"`fireline fence status --target {target.name}` shows what is known.",
        )
    back = [step for step in reversed(fence.steps) if step.stands and step.inverse]
    parts = [
        {"what": f"Put back: {step.title}.", "why": f"As it was before: {step.captured['before']!r}.", "statement": "; ".join(step.inverse)}
        for step in back
    ]  # fmt: skip
    return Plan(
        summary=f"Lift the fence around {target.name} ({fence.level}, raised by {fence.by}): {len(back)} {'change is' if len(back) == 1 else 'changes are'} put back.",
        effect="The application gets in and writes again.",
        undo=f"`fireline fence --level {fence.level} --target {target.name}` raises it again.",
        level="reversible",
        captured={"fence": fence.id, "accept": parameters.accept, "parts": parts},
    )


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Lift exactly the fence that was planned for; gone already is well."""
    with hand.store.transaction() as conn:
        fence = by_id(conn, plan.captured["fence"])
    if fence is None:
        raise Refused("this store has no such fence")
    lifted = fences.lift(hand.store, target, fence, hand.actor, accept=plan.captured["accept"])
    facts = {"fence": lifted.id, "state": lifted.state, "steps": [{"what": step.title, "state": step.state, "said": step.said} for step in lifted.steps]}  # fmt: skip
    if lifted.state != "lifted":
        return Outcome(False, f"not everything could be put back: {lifted.error} With --accept it is left so.", facts)
    notes = [step.said for step in lifted.steps if step.said and step.way != "end-sessions"]
    return Outcome(
        True, "; ".join([f"the fence around {target.name} is lifted and everything is as it was", *notes]), facts
    )


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether it is lifted, and the application gets in again where its connection is known."""
    with hand.store.transaction() as conn:
        fence = by_id(conn, plan.captured["fence"])
    if fence is None or fence.state != "lifted":
        return Verdict(
            False, f"The fence around {target.name} is not lifted: {fence.error if fence else 'its row is gone'}."
        )
    try:
        tried = canary.send(target, "no-new")
    except FirelineError as away:
        return Verdict(None, f"that can not be seen: {away.message}")
    if not tried["tried"]:
        return Verdict(True, "Every change was put back and looked at.")
    return Verdict(tried["kind"] == "in", f"{tried['says'][0].upper()}{tried['says'][1:]}.")


remedy = Remedy(
    name="unfence",
    phase="resolve",
    summary="Lift the fence: the application's traffic comes back, and everything is as it was.",
    level="reversible",
    parameters=Unfence,
    plan=plan,
    do=do,
    verify=verify,
    undo=None,
    no_undo="`fireline fence` raises it again",
    words=(
        "resume traffic",
        "resume application traffic",
        "restore traffic",
        "restore application traffic",
        "let traffic back",
        "resume application",
        "unfence",
    ),
    short=True,
)
