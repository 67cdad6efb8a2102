"""Starting a server that does not want to: told in its own words, and nothing half-made is left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fireline.cluster import Cluster
from fireline.errors import ClusterError
from tests.servers import private_folder


def broken(folder: Path, initdb: str, postgres: str = "exit 1") -> Path:
    """Programs that tell a version like the real ones, and then do as they are told here."""
    folder.mkdir()
    for name, does in (("initdb", initdb), ("postgres", postgres)):
        lines = ["#!/bin/sh", f'[ "$1" = --version ] && echo "{name} (PostgreSQL) 16.1" && exit 0', does]
        (folder / name).write_text("\n".join(lines) + "\n")
        (folder / name).chmod(0o755)
    return folder


MAKES = 'mkdir -p "$2"; echo 16 > "$2/PG_VERSION"; touch "$2/postgresql.conf"'


def test_an_initdb_that_fails_is_told_in_one_line_and_leaves_no_data() -> None:
    with private_folder() as folder:
        programs = broken(folder / "bin", 'echo "first" >&2; echo "initdb: error: no space left" >&2; exit 1')
        with pytest.raises(ClusterError, match="initdb failed: initdb: error: no space left") as told:
            Cluster(folder / "pg", programs).start()
        assert "\n" not in str(told.value)
        assert not list((folder / "pg").glob("data*"))
        assert not (folder / "pg" / "superuser.new").exists()


def test_a_server_that_ends_at_once_is_told_by_its_fatal_line() -> None:
    with private_folder() as folder:
        says = 'echo "x LOG:  starting"; echo "x FATAL:  data directory is haunted"; exit 1'
        with pytest.raises(ClusterError, match="did not start: data directory is haunted"):
            Cluster(folder / "pg", broken(folder / "bin", MAKES, says)).start()


def test_a_port_taken_in_the_meantime_is_tried_again_with_another() -> None:
    with private_folder() as folder:
        says = (
            f'echo "$4" >> {folder}/ports; chmod a+w {folder}/ports;'
            f'[ $(wc -l < {folder}/ports) -lt 3 ] && echo "x FATAL:  could not create any TCP/IP sockets" && exit 1;'
            'echo "x FATAL:  enough"; exit 1'
        )
        with pytest.raises(ClusterError, match="enough"):
            Cluster(folder / "pg", broken(folder / "bin", MAKES, says), tcp=True).start()
        ports = (folder / "ports").read_text().split()
        assert len(ports) == 3
        assert all(port.startswith("port=") for port in ports)


def test_a_server_that_does_not_get_ready_in_time_says_where_to_look() -> None:
    with private_folder() as folder:
        programs = broken(folder / "bin", MAKES, f"echo $$ > {folder}/pid; read line < {folder}/fifo")
        os.mkfifo(folder / "fifo")
        with pytest.raises(ClusterError, match="is not ready yet") as told:
            Cluster(folder / "pg", programs).start(patience=0.5)
        assert f"{folder}/pg/log" in str(told.value.hint)
        (folder / "fifo").write_text("\n")
