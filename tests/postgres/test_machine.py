"""Where a server lives on this machine."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from fireline.cluster import Cluster
from fireline.postgres import machine
from tests import servers


def parts(url: str) -> dict[str, object]:
    return dict(conninfo_to_dict(url))


def test_a_host_is_here_by_socket_loopback_and_own_name() -> None:
    for host in ("", "/tmp", "localhost", "127.0.0.1", "127.9.9.9", "::1"):
        assert machine.is_here({"host": host})
    for host in ("db.example", "10.0.0.5", "localhost.example"):
        assert not machine.is_here({"host": host})
    assert machine.find({"host": "db.example"}) == machine.Whereabouts()


def test_a_running_server_is_found_by_its_socket_with_process_state_and_log(patient_server: Cluster) -> None:
    found = machine.find(parts(patient_server.url()))
    assert found.data == patient_server.folder.data
    assert found.log == patient_server.folder.log
    assert found.control
    assert (found.control.system_identifier, found.control.state) == (patient_server.system_identifier, "in production")
    assert found.postmaster
    assert (found.postmaster.alive, found.postmaster.status, found.postmaster.port) == (True, "ready", 5432)
    assert "checkpointer" in [title.strip() for title in found.postmaster.children]


def test_one_that_is_down_is_found_beside_its_socket_and_its_end_is_told() -> None:
    with servers.cluster(servers.embedded(), servers.PATIENT) as cluster:
        url = parts(cluster.url())
        cluster.stop("immediate")
        killed = machine.find(url)
        assert killed.data == cluster.folder.data
        assert killed.control
        assert killed.control.state == "in production"
        assert not killed.postmaster or not killed.postmaster.alive
        cluster.start()
        cluster.stop("fast")
        stopped = machine.find(url)
        assert stopped.control
        assert stopped.control.state == "shut down"
        assert stopped.postmaster is None
        assert stopped.log == cluster.folder.log
        assert machine.find({**url, "port": "6543"}).data is None


def test_another_servers_data_is_not_taken_for_it(patient_server: Cluster, tmp_path: Path) -> None:
    del patient_server
    assert machine.find({"host": str(tmp_path), "port": "5432"}).data is None


def test_what_is_no_pg_control_is_none(tmp_path: Path) -> None:
    (tmp_path / "global").mkdir()
    assert machine.control(tmp_path) is None
    (tmp_path / "global" / "pg_control").write_bytes(b"short")
    assert machine.control(tmp_path) is None
    (tmp_path / "global" / "pg_control").write_bytes(b"\xff" * 64)
    assert machine.control(tmp_path) is None


def test_what_answers_is_taken_for_a_server_here_only_if_it_began_at_that_moment(patient_server: Cluster) -> None:
    url = parts(patient_server.url())
    with psycopg.connect(patient_server.url()) as conn:
        row = conn.execute("SELECT pg_postmaster_start_time()").fetchone()
    assert row is not None
    assert machine.serving(url, row[0]).data == patient_server.folder.data
    assert machine.serving(url, row[0] - timedelta(minutes=1)) == machine.Whereabouts()
    behind_a_pooler = machine.serving({"host": "127.0.0.1", "port": "6432"}, row[0], str(patient_server.folder.data))
    assert behind_a_pooler.log == patient_server.folder.log
    assert machine.serving({"host": "db.example"}, row[0], "/nowhere") == machine.Whereabouts()


def test_a_running_servers_output_and_unit_are_told(patient_server: Cluster) -> None:
    found = machine.find(parts(patient_server.url())).postmaster
    assert found
    assert found.output == str(patient_server.folder.log)
    assert found.unit == "" or found.unit.endswith(".service")
