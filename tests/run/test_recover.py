"""What a worker that died at each point of a step left behind, and what the next one makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from fireline import clock
from fireline.postgres.connect import connect, identity
from fireline.run import approve, attempts, person
from fireline.run.lease import Lease, LeaseLost
from fireline.run.ledger import Q
from fireline.store.connect import one
from tests.run.scene import ADA, Scene, action, marks, shell, sql, step

CHANGE = sql("CREATE TABLE t (i int)", level="reversible")


def authorised(scene: Scene, wanted: dict[str, object], **yes: Any) -> Lease:
    """A worker has taken the run whose first step was approved, and has done nothing yet."""
    scene.start(wanted)
    if scene.step()["level"] != "read":
        with scene.store.transaction() as conn:
            approve.approve(conn, ADA, scene.world, run=scene.run, step=1, **yes)
    lease = Lease.take(scene.store, scene.run, "dead")
    assert lease is not None
    return lease


def intent(scene: Scene, lease: Lease) -> Callable[[], None]:
    """It has written its intent, and died before the side effect began."""
    with lease.transaction() as (conn, run):
        found = one(conn, Q["step"], run=scene.run, position=1)
        assert found is not None
        return attempts.do(scene.world, lease, conn, run, found)


def begin(scene: Scene, lease: Lease, xid: str | None = None) -> None:
    """It has said that the side effect begins, and died at any time after."""
    with lease.transaction() as (conn, run):
        left = one(conn, Q["open_attempt"], run=scene.run, position=1, kind="do")
        assert left is not None
        assert one(conn, Q["start_attempt"], attempt=left["id"], xid=xid, fence=lease.fence, at=clock.now())
        approve.set_step(conn, run["id"], 1, "running")


def next_worker(scene: Scene) -> None:
    """Ten seconds later another worker looks."""
    scene.steal_lease()
    scene.advance("next")


def test_authorised_is_simply_carried_out(scene: Scene) -> None:
    authorised(scene, CHANGE)
    next_worker(scene)
    assert scene.states() == ["succeeded"]


def test_an_intent_without_a_beginning_has_changed_nothing_and_says_so(scene: Scene) -> None:
    intent(scene, authorised(scene, CHANGE))
    next_worker(scene)
    assert scene.states() == ["failed"]
    assert "nothing was changed" in scene.step()["outcome"]["summary"]


@pytest.mark.parametrize("committed", [True, False])
def test_a_change_is_known_by_its_transaction(scene: Scene, committed: bool) -> None:
    lease = authorised(scene, CHANGE)
    intent(scene, lease)
    with connect(scene.target, write=True) as conn:
        row = conn.execute("SELECT pg_current_xact_id()::text AS xid").fetchone()
        assert row is not None
        conn.execute("CREATE TABLE t (i int)")
        begin(scene, lease, row["xid"])
        if committed:
            conn.commit()
    next_worker(scene)
    assert scene.states() == ["succeeded" if committed else "failed"]
    said = scene.step()["outcome"]["summary"]
    assert said.endswith("the server committed this" if committed else "nothing was changed")
    assert len(scene.step()["attempts"]) == 1


def test_a_transaction_the_server_still_has_is_looked_up_again(scene: Scene) -> None:
    lease = authorised(scene, CHANGE)
    intent(scene, lease)
    with connect(scene.target, write=True) as conn:
        row = conn.execute("SELECT pg_current_xact_id()::text AS xid").fetchone()
        assert row is not None
        begin(scene, lease, row["xid"])
        next_worker(scene)
        assert (scene.states(), scene.step()["waits_for"]) == (["waiting"], "clock")
        conn.execute("CREATE TABLE t (i int)")
        conn.commit()
    with clock.moved(timedelta(seconds=3)):
        scene.advance()
    assert scene.states() == ["succeeded"]


def test_a_server_that_was_replaced_can_not_tell_so_the_outcome_is_unknown(scene: Scene) -> None:
    lease = authorised(scene, CHANGE)
    intent(scene, lease)
    begin(scene, lease, "3")
    with scene.store.transaction() as conn:
        conn.execute("UPDATE attempt SET server = jsonb_set(server, '{system_identifier}', '\"1\"')")
    next_worker(scene)
    assert scene.states() == ["unknown"]


def test_a_change_without_a_transaction_is_unknown_and_a_person_decides(scene: Scene) -> None:
    lease = authorised(scene, shell("touch done"), level="reversible")
    intent(scene, lease)
    begin(scene, lease)
    next_worker(scene)
    scene.advance("another").advance("and another")
    assert scene.states() == ["unknown"]
    assert len(scene.step()["attempts"]) == 1
    scene.say(person.decide, step=1, choice="worked", reason="the file is there")
    assert scene.states() == ["succeeded"]


def test_an_unknown_remedy_shows_what_its_own_probe_sees(scene: Scene) -> None:
    wanted = step(
        "remedy", action=action("bash", "fireline resolve mark m"), lines=[["fireline", "resolve", "mark", "m"]]
    )
    lease = authorised(scene, wanted)
    carry_out = intent(scene, lease)
    del carry_out
    begin(scene, lease)
    next_worker(scene)
    assert scene.step()["attempts"][0]["outcome"]["verify"] == {"ok": False, "summary": "0 marks"}
    assert marks(scene.target) == []


def test_a_read_that_was_cut_off_runs_again(scene: Scene) -> None:
    scene.start(step("manual"))
    with scene.store.transaction() as conn:
        conn.execute(
            "UPDATE step SET state = 'authorised', level = 'read', kind = 'sql', content = %s",
            [_json(sql("SELECT 7 AS seven"))],
        )
    lease = Lease.take(scene.store, scene.run, "dead")
    assert lease is not None
    intent(scene, lease)
    begin(scene, lease)
    next_worker(scene)
    assert scene.states() == ["succeeded"]
    assert [one["state"] for one in scene.step()["attempts"]] == ["unknown", "succeeded"]


def test_a_read_that_kills_its_worker_every_time_is_given_up(scene: Scene) -> None:
    scene.start(step("manual"))
    for _ in range(3):
        with scene.store.transaction() as conn:
            conn.execute(
                "UPDATE step SET state = 'authorised', level = 'read', kind = 'sql', content = %s",
                [_json(sql("SELECT 7"))],
            )
            conn.execute("UPDATE run SET state = 'running'")
        scene.steal_lease()
        lease = Lease.take(scene.store, scene.run, "dead")
        assert lease is not None
        intent(scene, lease)
        begin(scene, lease)
        scene.steal_lease()
        with scene.store.transaction() as conn:
            conn.execute("SELECT 1")
        _settle_only(scene)
    assert scene.step()["outcome"]["error"] == "given up after 3 tries"


def _settle_only(scene: Scene) -> None:
    """The next worker recovers, and would run the read again; what it ran is set back by the caller."""
    scene.advance("next")
    if scene.step()["state"] == "succeeded":
        with scene.store.transaction() as conn:
            conn.execute("DELETE FROM attempt WHERE state = 'succeeded'")


def test_a_worker_that_slept_too_long_can_not_write_any_more(scene: Scene) -> None:
    lease = authorised(scene, shell("echo woke > woke"), level="reversible")
    carry_out = intent(scene, lease)
    next_worker(scene)
    assert scene.states() == ["failed"]
    with pytest.raises(LeaseLost):
        carry_out()
    assert not (scene.world.settings.runbook.folder / "woke").exists()  # type: ignore[operator]


def test_a_target_that_goes_away_in_mid_change_is_asked_when_it_is_back(scene: Scene) -> None:
    scene.start(sql("SELECT pg_terminate_backend(pg_backend_pid())", level="reversible"))
    scene.approve()
    assert scene.states() == ["failed"]
    assert "rolled this back" in scene.step()["outcome"]["summary"]


def test_identity_is_saved_with_each_change(scene: Scene) -> None:
    scene.start(CHANGE)
    scene.approve()
    with scene.store.transaction() as conn, connect(scene.target) as patient:
        row = conn.execute("SELECT server, xid FROM attempt").fetchone()
        assert row is not None
        assert row["server"] == identity(patient).json()
        status = patient.execute("SELECT pg_xact_status(%s::xid8) AS status", [row["xid"]]).fetchone()
    assert status == {"status": "committed"}


def _json(value: object) -> object:
    return psycopg.types.json.Jsonb(value)
