"""Everything on one machine, as one command: what dies comes back, and nothing is left behind."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from fireline.cluster import Cluster
from tests.cli.conftest import Fireline, process, until
from tests.servers import private_folder


@pytest.fixture
def place() -> Iterator[Fireline]:
    """A short folder: the path of a socket has at most about a hundred bytes."""
    with private_folder() as folder:
        yield Fireline(folder)
        Cluster(folder / ".fireline" / "postgres").stop("immediate")


@contextmanager
def running(place: Fireline, *more: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """`fireline up` until the block ends, and what it said."""
    with process(place, "up", "--bind", "127.0.0.1:0", "--json", *more) as started:
        assert started.stdout is not None
        said = ""
        while not said.endswith("}\n"):
            line = started.stdout.readline()
            assert line, (place.folder / "up.log").read_text()
            said += line
        yield started, json.loads(said)


def server_of(place: Fireline) -> dict[str, Any]:
    """What the server has noted of itself."""
    try:
        noted: dict[str, Any] = json.loads((place.folder / ".fireline" / "server.json").read_text())
    except (OSError, ValueError):
        return {}
    return noted


def alive(pid: int) -> bool:
    """Whether a process runs, and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def works(url: str) -> bool:
    """Whether the server answers."""
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def test_it_starts_everything_and_a_stop_leaves_nothing_behind(place: Fireline) -> None:
    with running(place) as (up, said):
        assert works(said["url"])
        until(lambda: httpx.get(f"{said['url']}/healthz").json()["workers"] == 1, what="a worker")
        assert said["setup_code"] == (place.folder / ".fireline" / "setup-code").read_text().strip()
        assert place.data("user", "whoami")["role"] == "admin"
        second = place("up")
        assert (second.code, second.out) == (1, "")
        assert second.err.startswith("error: `fireline up` runs here already")
        started = children(up.pid)
        postmaster = Cluster(place.folder / ".fireline" / "postgres").running
        assert postmaster is not None
        up.send_signal(signal.SIGINT)
        assert up.wait(30) == 0
    assert not any(alive(pid) for pid in [*started, postmaster.pid])
    assert server_of(place) == {}
    assert place("incident", "list").code == 2


def test_what_dies_is_started_again_at_the_same_address(place: Fireline) -> None:
    with running(place, "--no-worker") as (_, said):
        first = server_of(place)
        os.kill(first["pid"], signal.SIGKILL)
        again = until(
            lambda: server_of(place).get("pid", first["pid"]) != first["pid"] and server_of(place), what="a new server"
        )
        assert again["url"] == said["url"]
        postmaster = Cluster(place.folder / ".fireline" / "postgres").running
        assert postmaster is not None
        os.kill(postmaster.pid, signal.SIGKILL)
        until(lambda: works(said["url"]), what="the store's return")
    log = (place.folder / "up.log").read_text()
    assert "the server ended with code -9; it is started again in 0.5 s" in log
    assert "the embedded store died; it is started again" in log


def test_killed_hard_its_children_die_with_it_and_the_store_is_adopted_by_the_next(place: Fireline) -> None:
    with running(place) as (up, _):
        left = Cluster(place.folder / ".fireline" / "postgres").running
        assert left is not None
        started = [pid for pid in children(up.pid) if pid != left.pid]
        assert len(started) == 2
        up.kill()
        until(lambda: not any(alive(pid) for pid in started), what="the children's end")
    assert alive(left.pid)
    with running(place, "--no-worker"):
        adopted = Cluster(place.folder / ".fireline" / "postgres").running
        assert adopted is not None
        assert adopted.pid == left.pid
    assert Cluster(place.folder / ".fireline" / "postgres").running is None


def test_a_taken_address_ends_it_with_the_reason(place: Fireline) -> None:
    with running(place, "--no-worker") as (_, said), private_folder() as other:
        taken = said["url"].removeprefix("http://")
        done = Fireline(other)("up", "--bind", taken, "--no-worker")
        assert done.code == 2
        assert f"error: can not listen on {taken}: Address already in use" in done.err
        assert "error: the server did not start" in done.err.splitlines()


def test_a_store_on_the_server_of_a_target_is_refused(place: Fireline, store_url: str) -> None:
    (place.folder / "fireline.toml").write_text(f'[targets.main]\ndsn = "{store_url}"\n')
    place.environment["FIRELINE_DATABASE_URL"] = store_url
    done = place("up")
    assert done.code == 1
    assert done.err.startswith("error: the store is on the server of target main")
    (place.folder / "fireline.toml").write_text(f'[store]\non_target = true\n[targets.main]\ndsn = "{store_url}"\n')
    with running(place, "--no-worker"):
        pass
    assert (place.folder / "up.log").read_text().startswith("WARNING: the store is on the server of target main")
