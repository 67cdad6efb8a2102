"""The remedy that lifts a fence."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from fireline import clock
from fireline.errors import Refused
from fireline.postgres.connect import Target, database_of
from fireline.recovery.fence import fence as fences
from fireline.resolve.remedies.unfence import Unfence, remedy
from fireline.run.remedy import Plan
from fireline.store.connect import Store
from tests.hand import hand
from tests.recovery.fence.shop import shop, state_of, until


def planned(target: Target, store: Store, **told: bool) -> Plan:
    plan = remedy.plan(target, Unfence.model_validate(told), hand(store))
    return replace(plan, captured=json.loads(json.dumps(plan.captured)))


def fenced(target: Target, store: Store) -> None:
    life = clock.now() + timedelta(minutes=5)
    fences.raise_(store, target, "closed", expires_at=life, reason="a test", by="ada")


def test_it_lifts_what_stands_and_sees_the_application_come_back(store: Store, patient: Target) -> None:
    with shop(patient) as busy:
        before = state_of(patient)
        fenced(busy.target, store)
        plan = planned(busy.target, store)
        assert "closed, raised by ada): 2 changes are" in plan.summary
        assert "ALLOW_CONNECTIONS true" in plan.captured["parts"][0]["statement"]
        seen = busy.commits()
        done = remedy.do(busy.target, plan, hand(store))
        assert done.ok, done.summary
        verdict = remedy.verify(busy.target, plan, hand(store))
        assert (verdict.ok, verdict.summary) == (True, "A connection as the application was let in.")
        assert state_of(patient) == before
        until(lambda: busy.commits() > seen)
        assert remedy.do(busy.target, plan, hand(store)).ok, "twice is harmless"


def test_without_a_fence_there_is_nothing_to_lift(store: Store, patient: Target) -> None:
    with pytest.raises(Refused, match="no fence stands around main"):
        planned(patient, store)


def test_what_others_changed_is_left_and_told_until_it_is_accepted(store: Store, patient: Target) -> None:
    fenced(patient, store)
    with psycopg.connect(make_conninfo(patient.dsn.reveal(), dbname="postgres"), autocommit=True) as conn:
        conn.execute(f'ALTER DATABASE "{database_of(patient)}" CONNECTION LIMIT 12'.encode())
    plan = planned(patient, store)
    done = remedy.do(patient, plan, hand(store))
    assert not done.ok
    assert "is 12 now; before it was -1" in done.summary
    assert "--accept" in done.summary
    assert remedy.verify(patient, plan, hand(store)).ok is False
    assert state_of(patient)["database"]["datallowconn"] is True, "everything else is put back"
    accepted = planned(patient, store, accept=True)
    assert remedy.do(patient, accepted, hand(store)).ok
    assert remedy.verify(patient, accepted, hand(store)).ok is True
    assert state_of(patient)["database"]["datconnlimit"] == 12


@pytest.mark.parametrize("phrase", ["resume traffic", "resume application traffic", "restore traffic"])
def test_it_knows_the_words_of_runbooks(phrase: str) -> None:
    assert phrase in remedy.words
