"""The remedy that records the state: proved to change nothing, its record handed on."""

from __future__ import annotations

import json
from dataclasses import replace

import psycopg
import pytest

from fireline.contain.remedies.snapshot import Snapshot, remedy
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target
from fireline.redact import Secret
from tests.hand import hand
from tests.servers import PATIENTS


@pytest.mark.parametrize("fixture", PATIENTS)
def test_it_plans_reads_and_hands_the_record_on(fixture: str, request: pytest.FixtureRequest) -> None:
    target: Target = request.getfixturevalue(fixture)
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE users (id int)")
    plan = remedy.plan(target, Snapshot(), hand())
    assert (plan.level, remedy.level) == ("read", "read")
    plan = replace(plan, captured=json.loads(json.dumps(plan.captured)))
    done = remedy.do(target, plan, hand())
    assert done.ok
    assert done.summary.startswith("state of main recorded: 1 schemas, 1 tables, ")
    assert done.artefact is not None
    kind, payload = done.artefact
    assert kind == "snapshot"
    assert dict(json.loads(json.dumps(payload))["schema"]["objects"]["tables"]).keys() == {"public.users"}
    assert done.facts["unknown"] == {}
    assert remedy.verify(target, plan, hand()).ok is True
    assert (remedy.undo, bool(remedy.no_undo)) == (None, True)


def test_on_another_server_it_does_not_verify(patient: Target, patient15: Target) -> None:
    plan = remedy.plan(patient, Snapshot(), hand())
    assert remedy.verify(patient15, plan, hand()).ok is False
    away = Target("main", Secret("host=127.0.0.1 port=1"))
    assert remedy.verify(away, plan, hand()).ok is None
    with pytest.raises(TargetUnavailable):
        remedy.plan(away, Snapshot(), hand())
