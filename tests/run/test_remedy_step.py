"""The remedies of a step: planned, asked for, done, verified; and one that takes long hears that it is not wanted any more."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from fireline.errors import TargetUnavailable
from fireline.postgres.cancel import StatementFailed
from fireline.postgres.connect import Target, connect
from fireline.run import approve, halt, person
from fireline.run.advance import advance
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict
from tests.run.scene import ADA, BEN, Scene, action, marks, step

BIT = "SELECT pg_sleep(0.05)"


class Nothing(Parameters):
    """It is told nothing."""


def _plan(target: Target, told: Nothing, hand: Hand) -> Plan:
    parts = [{"what": "sleep", "why": "a test", "statement": BIT}]
    return Plan("sleep long", "nothing is lost", "none is needed", "reversible", {"parts": parts, "bits": 400})


def _do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    done = 0
    with connect(target, write=True, autocommit=True) as conn:
        try:
            for _ in range(plan.captured["bits"]):
                with hand.watch.cancel.over(conn):
                    conn.execute(BIT)
                done += 1
        except (StatementFailed, psycopg.errors.QueryCanceled):
            return Outcome(False, f"slept {done > 0}", {"done": done})
    return Outcome(True, "slept all", {"done": done})


def _verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    return Verdict(True, "rested")


SLEEP = Remedy("sleep", "resolve", "sleep", "reversible", Nothing, _plan, _do, _verify, None,
               no_undo="what is slept is slept", short=True)  # fmt: skip


def asleep(scene: Scene, command: str = "fireline resolve sleep") -> threading.Thread:
    """A worker is in the middle of it."""
    scene.world.shelves = lambda: {"resolve sleep": SLEEP}
    scene.start(step("remedy", action=action("bash", command)))
    with scene.store.transaction() as conn:
        approve.approve(conn, ADA, scene.world, run=scene.run, step=1)
    worker = threading.Thread(target=advance, args=(scene.world, scene.run, "worker-1"))
    worker.start()
    until = time.monotonic() + 10
    while scene.step()["state"] != "running" and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.2)  # some bits are slept
    return worker


def outcome(scene: Scene) -> dict[str, Any]:
    found: dict[str, Any] = scene.step()["attempts"][0]["outcome"]
    return found


def test_halting_ends_it_with_what_it_has_done(scene: Scene) -> None:
    worker = asleep(scene)
    with scene.store.transaction() as conn:
        halt.halt(conn, BEN, reason="stop all", running=True)
    worker.join(timeout=10)
    assert scene.step()["state"] == "cancelled"
    assert outcome(scene)["summary"] == "halted by ben; slept True"
    assert outcome(scene)["facts"]["done"] > 0


def test_cancelling_the_step_ends_it(scene: Scene) -> None:
    worker = asleep(scene)
    with scene.store.transaction() as conn:
        person.cancel(conn, ADA, run=scene.run, step=1)
    worker.join(timeout=10)
    assert scene.step()["state"] == "cancelled"
    assert outcome(scene)["summary"].startswith("stopped by ada; slept")


def test_its_short_name_and_its_parts_are_seen_by_the_approver(scene: Scene) -> None:
    scene.world.shelves = lambda: {"resolve sleep": SLEEP}
    scene.start(step("remedy", action=action("bash", "fireline sleep")))
    shown = scene.step()["plan"]
    assert shown["summary"] == "sleep long"
    assert shown["parts"] == [{"what": "sleep", "why": "a test", "statement": BIT}]


def test_a_remedy_line_plans_asks_does_and_verifies(scene: Scene) -> None:
    scene.start(
        step(
            "remedy",
            action=action("bash", "fireline resolve mark blue"),
            lines=[["fireline", "resolve", "mark", "blue"]],
        )
    )
    assert scene.step()["plan"]["summary"] == "write blue"
    assert marks(scene.target) == []
    scene.approve()
    assert marks(scene.target) == ["blue"]
    assert scene.step()["outcome"]["summary"] == "wrote blue; 1 marks"


def test_the_value_of_a_remedys_parameter_reaches_its_plan(scene: Scene) -> None:
    asked = {"name": "COLOUR", "kind": "variable", "token": "$COLOUR"}
    fence = action("bash", 'fireline resolve mark "$COLOUR"')
    scene.start(step("remedy", action=fence, lines=fence["lines"], parameters=[asked]))
    scene.say(person.answer, step=1, answers={"COLOUR": "deep blue; rm -rf /"})
    assert scene.step()["plan"]["summary"] == "write deep blue; rm -rf /"
    scene.approve()
    assert marks(scene.target) == ["deep blue; rm -rf /"]


def lost(target: Target, plan: Plan, hand: Hand) -> Outcome:
    raise TargetUnavailable("the connection to target main was lost", kind="lost")


def spoken(target: Target, plan: Plan, hand: Hand) -> Outcome:
    with connect(target, write=True) as conn:
        conn.execute("SELECT 1 / 0")
    raise AssertionError


def blind(target: Target, plan: Plan, hand: Hand) -> Verdict:
    raise TargetUnavailable("target main does not answer", kind="refused")


@pytest.mark.parametrize(
    ("do", "verify", "state", "seen"),
    [
        (lost, lambda *_: Verdict(True, "it stands"), "unknown", True),
        (lost, lambda *_: Verdict(False, "it does not"), "failed", False),
        (lost, blind, "unknown", None),
        (spoken, lambda *_: Verdict(True, "it stands"), "unknown", True),
    ],
)
def test_a_target_that_is_lost_while_it_acts_leaves_its_outcome_to_its_own_probe(
    scene: Scene, do: Any, verify: Any, state: str, seen: bool | None
) -> None:
    scene.world.shelves = lambda: {"resolve sleep": replace(SLEEP, do=do, verify=verify)}
    scene.start(step("remedy", action=action("bash", "fireline resolve sleep")))
    scene.approve()
    assert scene.step()["state"] == state
    assert outcome(scene)["verify"]["ok"] is seen
