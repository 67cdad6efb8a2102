"""What any account sees of a server on its machine."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from fireline.cluster import Cluster
from fireline.postgres.machine import Whereabouts
from fireline.postgres.seen_outside import answering, configured
from tests import servers


def started(cluster: Cluster) -> tuple[dict[str, object], dict[str, object]]:
    """The parts of its DSN, and when it began with its folder."""
    with psycopg.connect(cluster.url()) as conn:
        row = conn.execute(
            "SELECT pg_postmaster_start_time() AS started, current_setting('data_directory') AS folder"
        ).fetchone()
        assert row
        return dict(conninfo_to_dict(cluster.url())), {"started": row[0], "folder": row[1]}


def test_a_server_that_answers_is_known_by_when_it_began_and_where_it_lives() -> None:
    with servers.cluster(servers.embedded(), servers.PATIENT) as cluster:
        parts, known = started(cluster)
        found = answering(parts, known["started"], str(known["folder"]))  # type: ignore[arg-type]
        assert found.data == cluster.folder.data
        assert found.postmaster
        assert found.postmaster.pid == int((cluster.folder.data / "postmaster.pid").read_text().split()[0])
        assert found.postmaster.output == str(cluster.folder.log)
        assert found.log == cluster.folder.log
        for wrong in ({"host": "db.example"}, parts):
            moment = known["started"] if wrong is not parts else known["started"] - timedelta(hours=1)  # type: ignore[operator]
            assert answering(wrong, moment, "/srv/other") == Whereabouts()  # type: ignore[arg-type]


@pytest.mark.parametrize(("port", "version"), [("5432", "15"), ("5433", "16")])
def test_one_that_is_down_is_known_by_the_distributions_configuration(tmp_path: Path, port: str, version: str) -> None:
    for number, there in (("15", ""), ("16", "port = 5433\n")):
        folder = tmp_path / number / "main"
        folder.mkdir(parents=True)
        (folder / "postgresql.conf").write_text(f"data_directory = '/srv/{number}/data'\n{there}")
    found = configured({"host": "localhost", "port": port}, tmp_path)
    assert (found.data, found.config, found.postmaster) == (
        Path(f"/srv/{version}/data"), tmp_path / version / "main" / "postgresql.conf", None,
    )  # fmt: skip
    assert configured({"host": "localhost", "port": "7777"}, tmp_path) == Whereabouts()
    assert configured({"host": "db.example", "port": port}, tmp_path) == Whereabouts()
