import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from fireline.postgres.connect import Target
from tests.cli.conftest import SETTINGS, Done, Fireline, at_work, until
from tests.cli.examine.test_certificate import make
from tests.cli.me import ME
from tests.systems import peer as peers


def about(done: Done, name: str) -> list[tuple[str, str]]:
    """State and text of the lines about a thing."""
    return [(line["state"], line["text"]) for line in done.data["lines"] if line["about"] == name]


def write(house: Fireline, more: str) -> None:
    """The house's settings and more."""
    (house.folder / "fireline.toml").write_text(SETTINGS + more, encoding="utf-8")


def test_it_says_of_each_part_how_it_is_and_what_to_do(house: Fireline) -> None:
    done = house("doctor")
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[0].startswith("ok   settings: ")
    assert any(line.startswith("fail contacts: nobody would be told") for line in lines)
    assert any(line.strip() == "Check an address and set confirmed = true." for line in lines)
    assert lines[-1].startswith("2 faults to mend")


def test_everything_it_says_is_json_too(house: Fireline) -> None:
    done = house("doctor", "--json")
    assert done.code == 1
    assert done.data["faults"] == sum(line["state"] == "fail" for line in done.data["lines"])
    assert [state for state, _ in about(done, "store")] == ["ok", "ok"]
    assert about(done, "workers")[0][0] == "fail"
    assert about(done, "target main")[0][0] == "ok"
    assert ("ok", "2 procedures, severities: P0, P1") in about(done, "runbook runbook.md")
    assert ("warn", "links that lead nowhere: line 52 gone.md") in about(done, "runbook runbook.md")
    assert any(text.startswith("the lint finds 2 errors and ") for _, text in about(done, "runbook runbook.md"))


def test_it_says_whether_a_target_could_be_brought_back(house: Fireline) -> None:
    write(house, "\n[recovery]\nencrypt = ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kudlfvpqs9tucta']\n")
    done = house("doctor", "--json")
    said = about(done, "recovery main")
    assert said[0][0] == "ok"
    assert said[0][1].startswith("pg_dump ")
    assert ("warn", "a fence can not try the application's own door") in said
    assert ("warn", "there is no verified backup: nothing that destroys would start") in said
    assert about(done, "recovery") == [("warn", "backups are encrypted, and nothing here can read them again")]


def test_settings_that_can_not_be_read_are_one_line_and_a_fault(bare: Fireline) -> None:
    (bare.folder / "fireline.toml").write_text("[sever]\n")
    done = bare("doctor", "--json")
    assert done.code == 1
    assert len(done.data["lines"]) == 1
    assert "unknown key sever; did you mean server?" in done.data["lines"][0]["text"]


def test_secrets_that_others_can_read_and_names_that_mean_nothing_are_told(house: Fireline) -> None:
    (house.folder / "main.dsn").chmod(0o644)
    (house.folder / "fireline.toml").chmod(0o644)
    write(house, '[sources.odd]\nformat = "odd"\ntoken = "short"\ntarget = "nowhere"\n')
    done = house("doctor", "--json")
    told = [text for _, text in about(done, "settings")]
    assert f"others can read {house.folder / 'main.dsn'}" in told
    assert f"{house.folder / 'fireline.toml'} holds secrets and others can read it" in told
    assert "sources.odd.token has under 6 characters: too short to be masked" in told
    assert [text for _, text in about(done, "source odd")] == [
        "no format 'odd'",
        "its target 'nowhere' is not configured",
    ]


def test_a_store_on_the_server_of_a_target_is_a_fault(house: Fireline, store_url: str) -> None:
    (house.folder / "main.dsn").write_text(store_url)
    assert ("fail", "Fireline's own store is on this server") in about(house("doctor", "--json"), "target main")


def test_a_role_that_sees_too_little_is_a_fault_and_the_grant_is_named(house: Fireline, patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        name = f"blind_{conn.info.backend_pid}"
        conn.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'a-password'")
        parts = {**psycopg.conninfo.conninfo_to_dict(patient.dsn.reveal()), "user": name, "password": "a-password"}
        (house.folder / "main.dsn").write_text(psycopg.conninfo.make_conninfo("", **parts))
        done = house("doctor", "--json")
        conn.execute(f"DROP ROLE {name}")
    line = next(line for line in done.data["lines"] if line["about"] == "target main" and line["state"] == "fail")
    assert line["text"] == f"{name} does not see other sessions, so no cause can be named"
    assert line["todo"] == f"GRANT pg_monitor TO {name};"


def test_a_target_that_does_not_answer_is_a_fault(house: Fireline) -> None:
    (house.folder / "main.dsn").write_text("host=127.0.0.1 port=1 dbname=x user=y")
    assert about(house("doctor", "--json"), "target main")[0][0] == "fail"


@pytest.mark.parametrize(("days", "state"), [(60, "ok"), (3, "warn")])
def test_the_certificate_is_looked_at(house: Fireline, tmp_path: Path, days: int, state: str) -> None:
    make(tmp_path, days)
    settings = SETTINGS.replace("[server]", '[server]\ntls_cert = "cert.pem"\ntls_key = "key.pem"')
    (house.folder / "fireline.toml").write_text(settings)
    assert about(house("doctor", "--json"), "server")[0][0] == state
    (tmp_path / "key.pem").write_text("nonsense")
    assert about(house("doctor", "--json"), "server")[0][0] == "fail"


class Kept:
    """A mail server that keeps what it is given, which must be nothing."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        self.mails.append(envelope)
        return "250 kept"


@contextmanager
def mail_server() -> Iterator[tuple[int, Kept]]:
    """An SMTP server on this machine that knows one password."""

    def known(server: Any, session: Any, envelope: Any, mechanism: str, given: LoginPassword) -> AuthResult:
        return AuthResult(success=given.password == b"right-password", handled=False)

    kept = Kept()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    control = Controller(kept, hostname="127.0.0.1", port=port, authenticator=known, auth_require_tls=False)
    control.start()
    try:
        yield port, kept
    finally:
        control.stop()


@pytest.mark.parametrize(("password", "state"), [("right-password", "ok"), ("wrong-password", "fail")])
def test_the_mail_server_is_greeted_and_logged_in_to_and_nothing_is_sent(
    house: Fireline, password: str, state: str
) -> None:
    with mail_server() as (port, kept):
        write(
            house,
            '[contacts.ada]\naddress = "ada@example.org"\nconfirmed = true\n[channels.email]\nhost = "127.0.0.1"\n'
            f'port = {port}\nsecurity = "plain"\nusername = "fireline"\npassword = "{password}"\nsender = "f@example.org"\n',
        )
        done = house("doctor", "--json")
    assert about(done, "channel email")[0][0] == state
    assert ("ok", "told on the night: ada") in about(done, "contacts")
    assert kept.mails == []
    assert password not in done.out


def test_a_webhook_that_leads_nowhere_is_a_fault(house: Fireline) -> None:
    write(house, '[contacts.chat]\nchannel = "webhook"\naddress = "https://nowhere.invalid/x"\nconfirmed = true\n')
    assert about(house("doctor", "--json"), "contact chat")[0][0] == "fail"


def test_the_kill_switch_is_told(house: Fireline) -> None:
    house("halt", "because")
    state, text = about(house("doctor", "--json"), "halt")[0]
    assert state == "warn"
    assert text.endswith(f"by {ME}: because")


class Telling(BaseHTTPRequestHandler):
    """Keeps what is posted to it."""

    told: list[dict[str, Any]] = []  # noqa: RUF012 - one receiver a test

    def do_POST(self) -> None:
        """Keep it and say thanks."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.told.append(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Be quiet."""


def test_a_test_alert_goes_the_whole_way_and_is_taken_back(house: Fireline) -> None:
    Telling.told.clear()
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Telling)
    Thread(target=receiver.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{receiver.server_port}/told"
    write(house, f'[contacts.chat]\nchannel = "webhook"\naddress = "{url}"\nconfirmed = true\n')
    with at_work(house, "worker"), at_work(house, "server"):
        until((house.folder / ".fireline" / "server.json").exists, what="the server")
        done = house("doctor", "--send-test-alert", "--json")
    receiver.shutdown()
    receiver.server_close()
    lines = about(done, "test alert")
    assert [state for state, _ in lines] == ["ok", "ok", "ok", "ok"], done.out
    assert lines[-1][1] == "INC-1 is dismissed again"
    assert done.code == 0, done.out
    assert any("TEST by fireline doctor" in one["subject"] + one["text"] for one in Telling.told)
    assert house.data("incident", "list") == []


def test_what_is_around_is_asked_and_its_faults_are_told(house: Fireline) -> None:
    with peers.running() as peer:
        peer.answer("/health", "ok")
        write(
            house,
            f"""
[surroundings.application.shop]
url = "{peer.url}/health"
[surroundings.application.till]
url = "http://127.0.0.1:1/"
[surroundings.vendor.acme]
[targets.second]
dsn_file = "main.dsn"
users_affected = "SELECT 7"
[targets.third]
dsn_file = "main.dsn"
users_affected = "SELECT 'seven'"
""",
        )
        done = house("doctor", "--json")
    assert about(done, "surroundings") == [("fail", "surroundings.vendor.acme.url: Field required")]
    ((state, said),) = about(done, "around shop")
    assert (state, said.startswith("answers 200, in ")) == ("ok", True)
    assert about(done, "around till") == [("warn", "the connection is refused: nothing listens there")]
    assert ("ok", "users_affected reads 7") in about(done, "target second")
    assert any(state == "fail" and "reads no number" in text for state, text in about(done, "target third"))
