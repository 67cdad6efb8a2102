"""Jobs ping a real server with curl as healthchecks.io documents it, and hear what they would hear there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fireline.detect import beats, intake
from fireline.incident.scheme import Scheme
from fireline.store.connect import all_rows
from tests.web.site import Site

UUID, KEY = "1b1f8d5e-3a57-4cf5-9b1c-0e6f3f2a4d11", "ping-key-of-tests"
Curl = Callable[..., tuple[int, str, str]]


@pytest.fixture
def jobs(store_url: str, tmp_path: Path) -> Iterator[Site]:
    kept = {"backup": {"source": "jobs", "uuid": UUID}}
    with Site(store_url, tmp_path, sources={"jobs": {"format": "ping", "token": KEY}}, beats=kept) as site:
        yield site


@pytest.fixture
def curl(jobs: Site) -> Curl:
    def run(path: str, *arguments: str) -> tuple[int, str, str]:
        """The status, the headers and the body."""
        told = ["curl", "-sS", "-m", "10", "--retry", "5", "-D", "-", *arguments, f"{jobs.url}/ping/{path}"]
        done = subprocess.run(told, capture_output=True, text=True, timeout=30, check=True)
        *heads, body = done.stdout.replace("\r\n", "\n").split("\n\n")
        head = heads[-1] if heads else body
        return int(head.split()[1]), head.lower(), body

    return run


def states(site: Site) -> dict[str, str]:
    beats.sweep(site.context.store, site.settings)
    intake.take(site.context.store, site.settings, Scheme())
    with site.context.store.transaction() as conn:
        return {row["name"]: row["state"] for row in all_rows(conn, "SELECT name, state FROM beat")}


def test_by_uuid_and_by_slug_with_every_method_it_hears_ok(jobs: Site, curl: Curl) -> None:
    for path in (
        UUID,
        f"{UUID}/start",
        f"{UUID}/log",
        f"{UUID}/0",
        f"{KEY}/backup",
        f"{KEY}/backup/",
        f"{UUID}?rid={UUID}",
    ):
        for arguments in ([], ["--data-raw", "all is well {"], ["-X", "POST"]):
            status, head, body = curl(path, *arguments)
            assert (status, body) == (200, "OK"), path
            assert "ping-body-limit: 100000" in head
            assert "access-control-allow-origin: *" in head
    assert curl(UUID, "--head")[0] == 200
    assert states(jobs) == {"backup": "well"}


def test_what_is_wrong_is_said_as_there(jobs: Site, curl: Curl) -> None:
    for path in (UUID.replace("1", "9"), f"{KEY}/nobody", f"{KEY}x/backup", f"{UUID}/what"):
        assert curl(path)[::2] == (404, "not found"), path
    assert curl(f"{UUID}/256")[::2] == (400, "invalid url format")
    assert curl(f"{UUID}?rid=1")[::2] == (400, "invalid uuid format")
    assert curl(UUID, "-X", "DELETE")[0] == 405
    assert states(jobs) == {"backup": "new"}


def test_a_job_makes_itself_known_once(jobs: Site, curl: Curl) -> None:
    assert curl(f"{KEY}/nightly?create=1")[::2] == (201, "Created")
    assert curl(f"{KEY}/nightly?create=1")[::2] == (200, "OK")
    assert curl(f"{KEY}/nightly/fail")[::2] == (200, "OK")
    assert states(jobs) == {"backup": "new", "jobs/nightly": "failed"}


def test_a_script_tells_its_exit_code_and_a_long_log_is_cut(jobs: Site, curl: Curl, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\xffline\n" * 100_000)
    assert curl(f"{UUID}/3", "--data-binary", f"@{log}")[::2] == (200, "OK")
    assert states(jobs) == {"backup": "failed"}
    with jobs.context.store.transaction() as conn:
        (row,) = all_rows(conn, "SELECT length(body ->> 'text') AS kept FROM signal")
        (alert,) = all_rows(conn, "SELECT title, status FROM alert")
    assert row["kept"] == 100_000
    assert alert == {"title": "backup failed (exit 3)", "status": "firing"}


TRAP = f"""
import sys
from healthchecks_io import CheckTrap, Client
client = Client(ping_url=sys.argv[1], ping_key="{KEY}")
client.success_ping(uuid="{UUID}")
with CheckTrap(client, slug="backup") as trap:
    trap.add_log("half way")
print(client.start_ping(uuid="{UUID}", data="here we go"), client.exit_code_ping(9, slug="backup", data="broken"))
try:
    client.success_ping(slug="nobody")
except Exception as refused:
    print(type(refused).__name__)
"""


@pytest.mark.skipif(
    "HEALTHCHECKS_PYTHON" not in os.environ, reason="HEALTHCHECKS_PYTHON names no Python with healthchecks-io"
)
def test_the_client_of_healthchecks_io_needs_another_host_name_only(jobs: Site) -> None:
    told = [os.environ["HEALTHCHECKS_PYTHON"], "-c", TRAP, f"{jobs.url}/ping/"]
    done = subprocess.run(told, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == ["(True, 'OK') (True, 'OK')", "CheckNotFoundError"]
    assert states(jobs) == {"backup": "failed"}
