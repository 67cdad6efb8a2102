"""`fireline restart`: planned, approved and carried out by a worker, on a server of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from fireline.cluster import Cluster
from tests import servers
from tests.cli.conftest import Fireline, at_work


@pytest.fixture
def own(house: Fireline) -> Iterator[Cluster]:
    """The house's target is a server that may be restarted."""
    with servers.cluster(servers.embedded(), {**servers.PATIENT, "shared_preload_libraries": ""}) as running:
        (house.folder / "main.dsn").write_text(running.url(), encoding="utf-8")
        with (house.folder / "fireline.toml").open("a", encoding="utf-8") as settings:
            settings.write(
                f'\n[targets.main.restart]\nway = "pg_ctl"\ndata = "{running.folder.data}"\npatience = "30s"\n'
            )
        yield running


def test_a_server_is_restarted_and_then_started_once_it_is_down(house: Fireline, own: Cluster) -> None:
    session = psycopg.connect(own.url(), application_name="web")
    plan = house("restart", "--plan")
    assert plan.code == 0, plan.err
    assert "Sessions that are cut: 1 of postgres (web)." in plan.out
    with at_work(house, "worker"):
        done = house("restart", "--yes")
        assert done.code == 0, done.out + done.err
        assert "sessions that ended: 1 of postgres (web)" in done.out
        assert "; It answers, and was started at " in done.out
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
        session.close()
        own.stop()
        done = house("resolve", "restart", "--target", "main", "--yes")
        assert done.code == 0, done.out + done.err
        assert "it was started within " in done.out
    shown = house("restart", "--help").out
    assert "Level: reversible. There is no undo" in shown
    assert "--mode" in shown
