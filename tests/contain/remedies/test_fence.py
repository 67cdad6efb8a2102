"""The remedy that raises a fence, from plan to undo, against an application that writes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import ValidationError

from fireline import clock
from fireline.contain.remedies.fence import Fence, remedy
from fireline.errors import Refused
from fireline.postgres.connect import Target, database_of
from fireline.recovery.fence import fence as fences
from fireline.redact import Secret
from fireline.run.remedy import Plan
from fireline.store.connect import Store
from tests.hand import hand
from tests.recovery.fence.shop import shop, state_of
from tests.servers import PATIENTS


def planned(target: Target, store: Store, **told: str) -> Plan:
    plan = remedy.plan(target, Fence.model_validate(told), hand(store))
    return replace(plan, captured=json.loads(json.dumps(plan.captured)))


@pytest.mark.parametrize("fixture", PATIENTS)
def test_it_is_planned_raised_verified_and_undone(fixture: str, request: pytest.FixtureRequest, store: Store) -> None:
    patient: Target = request.getfixturevalue(fixture)
    before = state_of(patient)
    with shop(patient) as busy:
        before = state_of(patient)
        plan = planned(busy.target, store, for_="10m", reason="rows vanish")
        assert state_of(patient) == before, "a plan changes nothing"
        assert (plan.level, remedy.level) == ("reversible", "reversible")
        assert "drained, for 10 min" in plan.summary
        assert f"{busy.role} (shop 0)" in plan.effect
        assert "Locked out: Every role but superusers" in plan.effect
        part = plan.captured["parts"][0]
        assert "It does not stop: superusers" in part["why"]
        assert "CONNECTION LIMIT 0" in part["statement"]
        done = remedy.do(busy.target, plan, hand(store))
        assert done.ok
        assert done.facts["proved"] is True
        assert "sessions ended" in done.summary
        verdict = remedy.verify(busy.target, plan, hand(store))
        assert verdict.ok is True, verdict
        assert verdict.summary.startswith(
            "Proved: no session of the application is left; a connection as the application was turned away"
        )
        assert remedy.undo is not None
        assert remedy.undo(busy.target, plan, hand(store)).ok
        assert remedy.undo(busy.target, plan, hand(store)).ok, "twice is harmless"
        assert state_of(patient) == before
        assert remedy.verify(busy.target, plan, hand(store)).ok is False


def test_its_life_is_told_or_the_settings_one(patient: Target, store: Store) -> None:
    assert planned(patient, store, for_="90s").captured["seconds"] == 90
    assert planned(patient, store).captured["seconds"] == 1800
    with pytest.raises(ValidationError):
        Fence.model_validate({"for_": "soon"})
    with pytest.raises(ValidationError):
        Fence.model_validate({"for_": "0s"})
    with pytest.raises(ValidationError):
        Fence.model_validate({"level": "shut"})


def test_what_is_approved_is_held_to(patient: Target, store: Store) -> None:
    plan = planned(patient, store, level="no-new")
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE ROLE fenced_app LOGIN SUPERUSER")
        try:
            other = replace(patient, application_roles=("fenced_app",))
            with pytest.raises(Refused, match="other steps"):
                remedy.do(other, plan, hand(store))
        finally:
            conn.execute("DROP ROLE fenced_app")


def test_a_fence_that_does_not_keep_the_application_away_is_told(patient: Target, store: Store) -> None:
    target = replace(patient, application_dsn=Secret(patient.dsn.reveal()))  # a superuser, whom no limit stops
    plan = planned(target, store)
    assert remedy.do(target, plan, hand(store)).ok
    verdict = remedy.verify(target, plan, hand(store))
    assert verdict.ok is False
    assert "let in" in verdict.summary
    assert remedy.undo is not None
    remedy.undo(target, plan, hand(store))


def test_without_the_applications_connection_it_is_neither_proved_nor_refuted(patient: Target, store: Store) -> None:
    plan = planned(patient, store)
    remedy.do(patient, plan, hand(store))
    verdict = remedy.verify(patient, plan, hand(store))
    assert verdict.ok is None
    assert "set targets.main.application_dsn" in verdict.summary
    name = database_of(patient)
    with psycopg.connect(make_conninfo(patient.dsn.reveal(), dbname="postgres"), autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT 4'.encode())
    assert remedy.verify(patient, plan, hand(store)).ok is False, "somebody has undone it"


def test_a_level_above_one_that_stands_says_so(patient: Target, store: Store) -> None:
    until = clock.now() + timedelta(minutes=5)
    fences.raise_(store, patient, "no-new", expires_at=until, reason="", by="ada")
    assert planned(patient, store, level="no-new").summary.startswith("Renew the fence")
    assert "from no-new to closed" in planned(patient, store, level="closed").summary


@pytest.mark.parametrize("phrase", ["stop application traffic", "stop all traffic", "pause application"])
def test_it_knows_the_words_of_runbooks(phrase: str) -> None:
    assert phrase in remedy.words
