"""A restart of a server that has a standby behind it and a pooler in front; its state is recorded there, too."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from fireline.cluster import Cluster
from fireline.contain import state
from fireline.errors import Refused
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.resolve.remedies.restart import Restart, remedy
from fireline.settings import RestartSettings
from tests import servers
from tests.assess.pooler import pooler
from tests.hand import hand

PG_CTL = RestartSettings(way="pg_ctl", patience=timedelta(seconds=30))
SETTINGS = {**servers.PATIENT, "shared_preload_libraries": "", "listen_addresses": "127.0.0.1"}


@pytest.fixture(scope="module")
def primary() -> Iterator[Cluster]:
    with servers.cluster(servers.embedded(), SETTINGS) as running:
        running.stop()
        running.tcp = True
        yield running.start()


@pytest.fixture
def standby(primary: Cluster) -> Iterator[Cluster]:
    """A copy that follows the primary: the same system identifier in another folder."""
    with servers.private_folder() as folder:
        place = folder / "pg"
        place.mkdir(mode=0o700)
        shutil.copy(primary.folder.path / "password", place / "password")
        program = Path(primary.binaries.program("pg_basebackup"))
        copy = [str(program), "-d", primary.url(), "-D", str(place / "data"), "-c", "fast", "--no-sync"]
        subprocess.run(copy, check=True, capture_output=True)
        (place / "data" / "standby.signal").touch()
        follows = {**SETTINGS, "primary_conninfo": f"{primary.url()} application_name=spare".split(" ", maxsplit=1)[0]}
        made = servers.Patient(place, servers.embedded(), settings=follows, fsync=False)
        try:
            yield made.start()
        finally:
            made.remove()


def test_a_standby_is_named_and_its_folder_is_not_taken_for_the_primarys(primary: Cluster, standby: Cluster) -> None:
    with psycopg.connect(primary.url(), autocommit=True) as conn:
        while conn.execute("SELECT FROM pg_stat_replication WHERE state = 'streaming'").fetchone() is None:
            pass
    target = Target("main", Secret(primary.url()), restart=PG_CTL)
    plan = remedy.plan(target, Restart(), hand())
    assert "Replication stops meanwhile and goes on by itself: standby " in plan.effect
    wrong = replace(target, restart=PG_CTL.model_copy(update={"data": standby.folder.data}))
    with pytest.raises(Refused, match="the server that answers for target main does not run in "):
        remedy.plan(wrong, Restart(), hand())
    spare = Target("spare", Secret(standby.url()), restart=PG_CTL)
    found = state.read(spare)
    assert (found["unknown"], found["server"]["standby"]) == ({}, True)
    assert found["receiver"][0]["paused"] is False
    assert [row["state"] for row in state.read(target)["standbys"]] == ["streaming"]
    done = remedy.do(spare, remedy.plan(spare, Restart(), hand()), hand())
    assert done.ok, done.summary
    assert state.read(spare)["server"]["standby"] is True


def test_through_a_pooler_the_new_server_is_proved(primary: Cluster) -> None:
    with pooler(primary.url(tcp=True)) as reached:
        target = Target("main", Secret(reached), restart=PG_CTL)
        found = json.loads(json.dumps(state.read(target)))
        assert (found["unknown"], found["partly"]) == ({}, {})
        plan = remedy.plan(target, Restart(), hand())
        done = remedy.do(target, plan, hand())
        assert done.ok, done.summary
        assert remedy.verify(target, plan, hand()).ok is True
        with psycopg.connect(reached, autocommit=True, prepare_threshold=None) as conn:
            assert conn.execute("SHOW default_transaction_read_only").fetchone() == ("off",)
