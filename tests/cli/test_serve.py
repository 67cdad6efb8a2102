import json
import signal
import ssl
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import Fireline, process, until
from tests.cli.examine.test_certificate import make
from tests.cli.me import ME


def noted(house: Fireline) -> dict[str, Any]:
    """What the server has noted of itself."""
    file = house.folder / ".fireline" / "server.json"
    until(file.exists, what="the server")
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def test_a_store_that_was_never_migrated_is_told_with_the_command_that_does_it(bare: Fireline, patient: Any) -> None:
    bare.environment["FIRELINE_DATABASE_URL"] = patient.dsn.reveal()
    done = bare("worker")
    assert done.code == 2
    assert done.err == "error: the store is empty\nhint: Run `fireline migrate`, or start all with `fireline up`.\n"
    said = bare("incident", "list").err
    assert (
        said
        == "error: the store is empty, or older than this program\nhint: Run `fireline migrate`, or `fireline up`.\n"
    )
    assert bare("migrate").out.startswith("applied: ")
    assert bare("migrate").out == "nothing to do: the store is up to date\n"


@pytest.mark.parametrize("bind", ["127.0.0.1:0", "[::1]:0"])
def test_the_server_tells_where_it_answers_and_ends_in_peace(house: Fireline, bind: str) -> None:
    with process(house, "server", "--bind", bind) as started:
        found = noted(house)
        assert found["pid"] == started.pid
        assert httpx.get(f"{found['url']}/healthz").json()["ok"] is True
        started.send_signal(signal.SIGTERM)
        out, _ = started.communicate(timeout=20)
        assert started.returncode == 0
    assert out.splitlines()[0] == f"Fireline answers at {found['url']}"
    assert out.splitlines()[1].startswith(f"First account: {found['url']}/first with the code ")
    assert not (house.folder / ".fireline" / "server.json").exists()


def test_an_open_stream_does_not_hold_the_server_up(house: Fireline) -> None:
    house("user", "password", ME, given="correct horse battery staple\n")
    house("declare", "odd")
    with process(house, "server") as started, httpx.Client(base_url=noted(house)["url"]) as browser:
        browser.get("/login")
        form = {"name": ME, "password": "correct horse battery staple", "csrf": browser.cookies["fireline_before"]}
        assert browser.post("/login", data=form).status_code == 303
        with browser.stream("GET", "/incidents/1/events") as stream:
            assert stream.status_code == 200
            begun = time.monotonic()
            started.send_signal(signal.SIGTERM)
            started.communicate(timeout=20)
        assert time.monotonic() - begun < 10
        assert started.returncode == 0


def test_with_a_certificate_it_speaks_https(house: Fireline, tmp_path: Path) -> None:
    cert, _ = make(tmp_path, 10)
    text = (house.folder / "fireline.toml").read_text()
    (house.folder / "fireline.toml").write_text(
        text.replace("[server]", '[server]\ntls_cert = "cert.pem"\ntls_key = "key.pem"')
    )
    with process(house, "server"):
        url = noted(house)["url"]
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(cert))
        trusting.check_hostname = False
        assert httpx.get(f"{url}/healthz", verify=trusting).status_code == 200


def test_a_worker_ends_in_peace(house: Fireline) -> None:
    with process(house, "worker", "--label", "main") as started:
        until(lambda: house("doctor", "--json").out.count("at work, last seen"), what="the worker")
        started.send_signal(signal.SIGINT)
        started.communicate(timeout=20)
        assert started.returncode == 0
