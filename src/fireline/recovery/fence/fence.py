"""A fence is raised, taken to another level, renewed and lifted: each step stored before it is acted on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import psycopg

from fireline.errors import FirelineError, Refused, StoreUnavailable
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.recovery.fence import planning, rows, story
from fireline.recovery.fence.ground import Ground, stand
from fireline.recovery.fence.planning import Planned
from fireline.recovery.fence.proof import prove
from fireline.recovery.fence.rows import Fence, Level, Step, standing
from fireline.recovery.fence.way import Changed, act, put_back, ways
from fireline.store.connect import Connection, Store
from fireline.store.wake import wake

__all__ = ["lift", "raise_", "standing"]


def raise_(
    store: Store,
    target: Target,
    level: Level,
    *,
    expires_at: datetime,
    reason: str,
    by: str,
    plan_steps: list[list[str]] | None = None,
    watch: Watch | None = None,
) -> Fence:
    """Raise a fence, or take the one that stands to this level and this deadline; its proof is in the fence.

    plan_steps: `Planned.keys` as approved; Refused when other steps would be taken now.
    What was captured first stays what is put back. When a step fails, what this call did is put back before it raises.
    """
    watch = watch or Watch()
    with rows.held(store, target.name), stand(target) as ground:
        planned = planning.plan(ground, level)
        _hold_to(planned, plan_steps)
        with store.transaction() as conn:
            before = standing(conn, target.name)
            fence = _begun(conn, ground, planned, before, expires_at=expires_at, reason=reason, by=by)
            wake(conn, "fence", fence.id, at=expires_at)
        try:
            fence = _act(store, ground, fence, planned, watch)
            _prove_the_way_back(target, ground)
            fence = _drop_what_is_not_needed(store, ground, fence, planned)
        except (FirelineError, psycopg.Error, Changed) as wrong:
            _go_back(store, ground, fence, before, by, _words(wrong))
            raise _as_refusal(target, wrong) from wrong
        fence = rows.mark(store, replace(fence, state="up"))
        fence = rows.proved(store, fence, prove(ground, level, watch=watch))
    with store.transaction() as conn:
        assert fence.proof is not None
        story.tell(
            conn, fence, "renewed" if before and before.level == level else "raised", by=by, says=fence.proof["says"]
        )
    return fence


def _hold_to(planned: Planned, approved: list[list[str]] | None) -> None:
    if approved is not None and planned.keys != sorted(approved):
        raise Refused(
            "other steps would be taken now than were planned: the server has changed since",
            hint="Plan it again and look at the steps.",
        )


def _begun(
    conn: Connection,
    ground: Ground,
    planned: Planned,
    before: Fence | None,
    *,
    expires_at: datetime,
    reason: str,
    by: str,
) -> Fence:
    """The row, with the new steps and those that stand already, which keep what they captured."""
    if before is None:
        return rows.begin(
            conn, target=ground.target.name, database=ground.database, level=planned.level, steps=planned.steps,
            reason=reason, expires_at=expires_at, by=by,
        )  # fmt: skip
    kept = {step.key: step for step in before.steps if step.stands}
    steps = [*(kept.get(step.key, step) for step in planned.steps), *_surplus(before, planned)]
    steps.sort(key=lambda step: ways()[step.way].order)
    return rows.change(conn, before, level=planned.level, steps=steps, reason=reason, expires_at=expires_at, by=by)


def _surplus(fence: Fence, planned: Planned) -> list[Step]:
    wanted = {step.key for step in planned.steps}
    return [step for step in fence.steps if step.stands and step.key not in wanted]


def _act(store: Store, ground: Ground, fence: Fence, planned: Planned, watch: Watch) -> Fence:
    """Every step that the level wants, in order; one that stands already is looked at, and set again if it must be."""
    wanted = {step.key for step in planned.steps}
    for step in fence.steps:
        if step.key not in wanted:
            continue
        if watch.cancel.asked:
            raise Refused("it was stopped")
        fence = rows.mark(store, fence.step(replace(step, state="acting")))
        said = act(ground, step)
        fence = rows.mark(store, fence.step(replace(step, state="acted", said=said)))
    return fence


def _prove_the_way_back(target: Target, ground: Ground) -> None:
    """A second connection as the one that lifts it would need, while the first is still there. Raises Refused without it."""
    try:
        with stand(target) as second:
            if second.conn.info.dbname != ground.conn.info.dbname:
                raise Refused(f"the way back led to {second.conn.info.dbname} instead of {ground.conn.info.dbname}")
    except FirelineError as out:
        raise Refused(
            f"the fence would lock {ground.role} out itself: {out.message}",
            hint=f"It was taken down again. {out.hint or 'Take a lower level.'}",
        ) from None


def _drop_what_is_not_needed(store: Store, ground: Ground, fence: Fence, planned: Planned) -> Fence:
    """What a level before needed and this one does not is put back, after this one stands."""
    for step in reversed(_surplus(fence, planned)):
        fence = rows.mark(store, fence.step(replace(step, state="undone", said=put_back(ground, step))))
    return fence


def _go_back(store: Store, ground: Ground, fence: Fence, before: Fence | None, by: str, error: str) -> None:
    """Put back what this call did; a fence that stood before stands as it did. Never raises: the sweep does the rest."""
    stood = {step.key for step in before.steps if step.stands} if before else set()
    known: Fence | None = None
    with suppress(FirelineError, psycopg.Error), store.transaction() as conn:
        known = rows.by_id(conn, fence.id)
    fence, left = known or fence, False
    for step in reversed(fence.steps):
        if step.key in stood or not (step.stands or known is None):  # without the store any may have been acted on
            continue
        try:
            fence = fence.step(replace(step, state="undone", said=put_back(ground, step)))
        except (FirelineError, psycopg.Error, Changed) as wrong:
            left, fence = True, fence.step(replace(step, state="stuck", said=_words(wrong)))
    with suppress(FirelineError, psycopg.Error):
        _written_back(store, fence, before, by, error, left=left)


def _written_back(store: Store, fence: Fence, before: Fence | None, by: str, error: str, *, left: bool) -> None:
    if before is not None:
        rows.mark(store, replace(fence, state="stuck" if left else before.state), error=error)
        with store.transaction() as conn:
            rows.as_before(conn, before)
    elif left:
        rows.mark(store, replace(fence, state="stuck"), error=error)
    else:
        with store.transaction() as conn:
            rows.lifted(conn, fence, by, error=error)


def _words(wrong: BaseException) -> str:
    if isinstance(wrong, FirelineError):
        return wrong.message
    if isinstance(wrong, psycopg.Error):
        return str(wrong.diag.message_primary or wrong).strip().splitlines()[0]
    return str(wrong)


def _as_refusal(target: Target, wrong: Exception) -> FirelineError:
    if isinstance(wrong, FirelineError):
        return wrong
    return Refused(
        f"the fence of {target.name} could not be raised: {_words(wrong)}", hint="What had been done was put back."
    )


def lift(
    store: Store,
    target: Target,
    fence: Fence,
    by: str,
    *,
    accept: bool = False,
    fell: bool = False,
    patience: float = 5.0,
) -> Fence:
    """Put everything back as it was, from the row alone; twice is harmless. Its state is lifted, or stuck with the reason.

    accept: what somebody else has set meanwhile is left as it is, and the fence counts as lifted. fell: by itself.
    patience: for somebody else who is at this fence. Raises Refused when it is too short,
    TargetUnavailable when the server does not answer: a worker tries again.
    """
    with rows.held(store, target.name, patience=patience):
        with store.transaction() as conn:
            now = rows.by_id(conn, fence.id)
        if now is None or now.state == "lifted":
            return now or fence
        try:
            with stand(target) as ground:
                fence = _put_all_back(store, ground, rows.mark(store, replace(now, state="lifting")), accept)
        except FirelineError as away:
            if not isinstance(away, StoreUnavailable):
                _told_stuck(store, now, replace(now, state="stuck"), by, away.message)
            raise
        return _ended(store, now, fence, by, fell)


def _put_all_back(store: Store, ground: Ground, fence: Fence, accept: bool) -> Fence:
    """The last step first; one that can not be put back does not hold up the others."""
    for step in reversed(fence.steps):
        if not step.stands:
            continue
        try:
            done = replace(step, state="undone", said=put_back(ground, step))
        except Changed as changed:
            said = f"left as somebody else had set it: {changed}" if accept else str(changed)
            done = replace(step, state="undone" if accept else "stuck", said=said)
        except (FirelineError, psycopg.Error) as wrong:
            done = replace(step, state="stuck", said=_words(wrong))
        fence = rows.mark(store, fence.step(done))
    return fence


def _ended(store: Store, before: Fence, fence: Fence, by: str, fell: bool) -> Fence:
    left = [step for step in fence.steps if step.stands]
    if left:
        says = "; ".join(f"{step.title} was not put back: {step.said}" for step in left)
        return _told_stuck(store, before, replace(fence, state="stuck"), by, says)
    said = "; ".join(
        step.said for step in fence.steps if step.said and step.way != "end-sessions" and step.state == "undone"
    )
    with store.transaction() as conn:
        fence = rows.lifted(conn, fence, by)
        story.tell(conn, fence, "fell" if fell else "lifted", by=by, says=said)
    return fence


def _told_stuck(store: Store, before: Fence, fence: Fence, by: str, says: str) -> Fence:
    """Written down, and told once, however often it is tried again."""
    fence = rows.mark(store, fence, error=says)
    if before.state != "stuck":
        with store.transaction() as conn:
            story.tell(conn, fence, "stuck", by=by, says=says)
    return fence
