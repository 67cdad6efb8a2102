"""What proves a fence, and what refutes it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from fireline.postgres.connect import Target, database_of
from fireline.recovery.fence import proof
from fireline.recovery.fence.ground import Ground, stand
from fireline.recovery.fence.rows import Level
from tests.recovery.fence.shop import until
from tests.recovery.fence.test_fence import say
from tests.servers import PATIENTS, count_now


@pytest.fixture(params=PATIENTS)
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    with stand(request.getfixturevalue(request.param)) as found:
        yield found


def test_a_session_of_the_application_refutes_it(ground: Ground) -> None:
    with psycopg.connect(ground.target.dsn.reveal(), application_name="a shop"):
        found = proof.prove(ground, "drained", tries=1)
    assert found["proved"] is False
    assert found["refuted"]
    assert "a shop" in found["says"]
    until(lambda: proof.prove(ground, "drained", tries=1)["samples"][-1]["sessions"] == 0)
    assert not proof.prove(ground, "drained", tries=3)["refuted"]


def test_commits_that_nobody_seen_made_refute_it(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    real = proof._sample

    def sample(ground: Ground, level: Level) -> dict[str, object]:
        with psycopg.connect(ground.target.dsn.reveal(), autocommit=True) as conn:
            conn.execute("SELECT 1")
            count_now(conn)
        until(lambda: not real(ground, level)["inside"])
        return real(ground, level)

    monkeypatch.setattr(proof, "_sample", sample)
    found = proof.prove(ground, "drained", tries=2)
    assert found["proved"] is False
    assert "transactions were committed between two looks" in found["says"]


def test_a_server_that_rests_is_not_refuted(patient: Target) -> None:
    say(patient, f'ALTER DATABASE "{database_of(patient)}" CONNECTION LIMIT 0')
    with stand(patient) as ground:
        found = proof.prove(ground, "drained")
    assert (found["proved"], found["refuted"]) == (False, False)
    assert found["says"].startswith("not proved: no session of the application is left; not tried")
    assert len(found["samples"]) == 2
