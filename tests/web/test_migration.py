"""Who moves here changes only the host name: the vendors' own clients, and curl as it is documented, against a real server.

The clients are in no lock file. Make an environment for them and name it:
`python -m venv /tmp/clients && /tmp/clients/bin/pip install pagerduty pdpyras opsgenie-sdk`, `FIRELINE_TEST_CLIENTS=/tmp/clients`.
Alertmanager is Debian's `prometheus-alertmanager`, on the PATH or named by `FIRELINE_TEST_ALERTMANAGER`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fireline import clock, duties
from fireline.incident.story import sentence
from fireline.store.connect import all_rows
from tests.web.site import Site

PD, OG, GO = (
    "0123456789abcdef0123456789abcdef",
    "eb243592-faa2-4ba2-a551-1afdf565c889",
    "d3b07384-d9a0-4c9b-8f6c-1c5a2e4f7a60",
)
SOURCES = {
    "pd": {"format": "pagerduty", "token": PD},
    "og": {"format": "opsgenie", "token": OG},
    "go": {"format": "goalert", "token": GO},
}


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of our own for this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder(name, name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(hours=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


class Moved:
    """A site that senders have moved to, whose intake works beside it."""

    def __init__(self, site: Site, trusted: Path) -> None:
        self.site = site
        self.url = site.url
        self.trusted = trusted

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with self.site.context.store.transaction() as conn:
            return all_rows(conn, statement)

    def alerts(self, wanted: Callable[[list[dict[str, Any]]], bool] = bool) -> list[dict[str, Any]]:
        """The alerts, once intake has taken all there is and they are as wanted."""
        taken = threading.Event()
        for _ in range(200):
            found = self.rows("SELECT * FROM alert ORDER BY id")
            waiting = self.rows("SELECT 1 AS waits FROM signal WHERE taken_at IS NULL LIMIT 1")
            if not waiting and wanted(found):
                return found
            taken.wait(0.05)
        raise AssertionError(self.rows("SELECT id, source, events, fault, taken_at FROM signal ORDER BY id"))

    def story(self) -> list[str]:
        events = self.rows("SELECT kind, actor, payload FROM timeline ORDER BY incident_id, seq")
        return [sentence(event["kind"], event["actor"], event["payload"]) for event in events]

    def python(self, script: str, *, code: int = 0) -> Any:
        """Run a script in the clients' own environment, with the server's address; what it printed last, as JSON."""
        clients = os.environ.get("FIRELINE_TEST_CLIENTS")
        if not clients:
            pytest.skip("the vendors' clients are not here: see the top of this file for FIRELINE_TEST_CLIENTS")
        done = subprocess.run(
            [str(Path(clients) / "bin" / "python"), "-W", "ignore", "-c", script, self.url],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={"SSL_CERT_FILE": str(self.trusted), "REQUESTS_CA_BUNDLE": str(self.trusted)},
        )
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout.strip().splitlines()[-1])

    def curl(self, *words: str) -> tuple[int, str]:
        """The status and the body that curl got."""
        if shutil.which("curl") is None:
            pytest.skip("curl is not installed")
        done = subprocess.run(
            ["curl", "--silent", "--cacert", str(self.trusted), "--write-out", "\n%{http_code}", *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body


@contextmanager
def intake(site: Site) -> Iterator[None]:
    """What a worker does with signals, for as long as it is wanted."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(0.03):
            duties.take_signals(site.context.world)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture
def moved(store_url: str, tmp_path: Path) -> Iterator[Moved]:
    tls = certificate(tmp_path)
    with Site(store_url, tmp_path, sources=SOURCES, tls=tls) as site, intake(site):
        yield Moved(site, tls[0])


PAGERDUTY = f"""
import sys, json, pagerduty
client = pagerduty.EventsApiV2Client("{PD}", base_url=sys.argv[1])
key = client.trigger("disk 97 % on db1", "db1.example.org", severity="critical", custom_details={{"free": "3 %"}},
                     links=[{{"href": "https://wiki.example.org/disk", "text": "Runbook"}}])
other = client.trigger("replica lags", "db2.example.org", dedup_key="lag/db2", severity="warning")
client.acknowledge(other)
client.resolve(key)
client.send_change_event({{"summary": "Deployed web 4.1", "source": "ci", "timestamp": "2026-01-05T03:00:00Z",
                          "custom_details": {{"author": "anna"}}}}, links=[{{"href": "https://ci.example.org/4"}}])
print(json.dumps([key, other]))
"""

PDPYRAS = f"""
import sys, json, pdpyras
class Session(pdpyras.EventsAPISession):
    url = sys.argv[1]
session = Session("{PD}")
key = session.trigger("disk 97 % on db1", "db1.example.org", severity="error")
session.acknowledge(key)
session.resolve(key)
class Changes(pdpyras.ChangeEventsAPISession):
    url = sys.argv[1]
Changes("{PD}").submit("Deployed web 4.1", source="ci")
print(json.dumps(key))
"""

WRONG_PAGERDUTY = """
import sys, json, pagerduty
client = pagerduty.EventsApiV2Client(sys.argv[2] if len(sys.argv) > 2 else "f" * 32, base_url=sys.argv[1])
try:
    client.trigger("x", "y")
except pagerduty.HttpError as wrong:
    print(json.dumps([wrong.response.status_code, wrong.response.text]))
"""


def test_the_pagerduty_client_triggers_acknowledges_resolves_and_tells_of_changes(moved: Moved) -> None:
    made, named = moved.python(PAGERDUTY)
    assert named == "lag/db2"
    alerts = moved.alerts(lambda found: len(found) == 2 and found[0]["status"] == "resolved")
    assert [(one["key"], one["title"], one["status"], one["severity"]) for one in alerts] == [
        (f"pd:{made}", "disk 97 % on db1", "resolved", "critical"),
        ("pd:lag/db2", "replica lags", "firing", "warning"),
    ]
    assert alerts[0]["annotations"]["link 1"] == "Runbook https://wiki.example.org/disk"
    assert "pd acknowledged" in moved.story()
    assert "The alert “disk 97 % on db1” is resolved" in moved.story()
    (change,) = moved.rows("SELECT kind, source, title, by, url, at::text FROM change")
    assert change == {
        "kind": "deploy", "source": "pd", "title": "Deployed web 4.1", "by": "anna", "url": "https://ci.example.org/4",
        "at": "2026-01-05 03:00:00+00",
    }  # fmt: skip
    assert len(moved.rows("SELECT id FROM incident")) == 2


def test_the_older_pagerduty_client_does_so_too(moved: Moved) -> None:
    key = moved.python(PDPYRAS)
    (alert,) = moved.alerts(lambda found: bool(found) and found[0]["status"] == "resolved")
    assert alert["key"] == f"pd:{key}"
    assert "pd acknowledged" in moved.story()
    assert moved.rows("SELECT title FROM change") == [{"title": "Deployed web 4.1"}]


def test_the_pagerduty_client_is_told_of_a_wrong_key_and_does_not_try_again(moved: Moved) -> None:
    assert moved.python(WRONG_PAGERDUTY) == [400, "Invalid routing key"]
    assert moved.rows("SELECT 1 AS x FROM signal") == []


OPSGENIE = f"""
import os, sys, json, time, opsgenie_sdk as og
def result(accepted):
    for _ in range(100):
        try:
            return accepted.retrieve_result()
        except og.ApiException as early:  # 404, as Opsgenie itself answers: it might not be processed, yet
            if early.status != 404:
                raise
            time.sleep(0.05)
conf = og.Configuration()
conf.host = sys.argv[1]
conf.api_key["Authorization"] = "{OG}"
conf.ssl_ca_cert = os.environ["SSL_CERT_FILE"]
conf.short_polling_max_retries = 8
api = og.AlertApi(api_client=og.ApiClient(configuration=conf))
made = api.create_alert(create_alert_payload=og.CreateAlertPayload(
    message="disk 97 % on db1", alias="disk-db1", description="No space left.", priority="P1", tags=["env:prod"],
    details={{"host": "db1"}}, entity="db1", user="monitor", responders=[{{"name": "dba", "type": "team"}}]))
created = result(made)
alert = api.get_alert(identifier=created.data.alert_id).data
acked = result(api.acknowledge_alert(identifier=created.data.alert_id,
    acknowledge_alert_payload=og.AcknowledgeAlertPayload(user="Anna", note="on it")))
note = result(api.add_note(identifier="disk-db1", identifier_type="alias",
    add_note_to_alert_payload=og.AddNoteToAlertPayload(note="looks like WAL", user="Ben")))
result(api.snooze_alert(identifier=alert.tiny_id, identifier_type="tiny",
    snooze_alert_payload=og.SnoozeAlertPayload(end_time="2027-01-01T00:00:00Z")))
before = api.get_alert(identifier=alert.tiny_id, identifier_type="tiny").data
result(api.close_alert(identifier=created.data.alert_id, close_alert_payload=og.CloseAlertPayload(user="Anna")))
after = api.get_alert(identifier="disk-db1", identifier_type="alias").data
nothing = api.close_alert(identifier="nobody", identifier_type="alias", close_alert_payload=og.CloseAlertPayload())
print(json.dumps({{
    "made": made.result, "took": made.took, "request": made.request_id, "asked": created.request_id,
    "success": created.data.is_success, "action": created.data.action, "status": created.data.status,
    "alias": created.data.alias, "alert": alert.id, "tiny": alert.tiny_id, "message": alert.message,
    "priority": alert.priority, "acked": acked.data.is_success, "noted": note.data.alert_id,
    "acknowledged": before.acknowledged, "before": before.status, "after": after.status, "nothing": nothing.result,
}}))
"""


def test_the_opsgenie_client_creates_reads_acknowledges_notes_and_closes(moved: Moved) -> None:
    told = moved.python(OPSGENIE)
    (alert,) = moved.alerts(lambda found: bool(found) and found[0]["status"] == "resolved")
    assert told["made"] == told["nothing"] == "Request will be processed"
    assert told["took"] >= 0
    assert told["request"] == told["asked"]
    assert (told["success"], told["action"], told["status"]) == (True, "Create", "Created alert")
    assert (told["alias"], told["message"], told["priority"]) == ("disk-db1", "disk 97 % on db1", "P1")
    assert told["tiny"] == str(alert["id"])
    assert told["noted"] == told["alert"]
    assert told["acked"] is True
    assert (told["acknowledged"], told["before"], told["after"]) == (True, "open", "closed")
    assert (alert["key"], alert["severity"]) == ("og:disk-db1", "P0")
    assert alert["labels"] == {"entity": "db1", "priority": "P1", "env": "prod", "host": "db1"}
    story = moved.story()
    assert "Anna via og acknowledged" in story
    assert "Anna via og noted: on it" in story
    assert "Ben via og noted: looks like WAL" in story
    assert "og noted: snoozed until 2027-01-01T00:00:00Z" in story
    assert story[-1] == "The alert “disk 97 % on db1” is resolved"


def test_curl_as_pagerduty_documents_it(moved: Moved) -> None:
    event = {
        "routing_key": PD,
        "event_action": "trigger",
        "dedup_key": "srv01/mysql",
        "payload": {"summary": "disk full", "severity": "critical", "source": "srv01"},
    }
    status, body = moved.curl(
        "-X", "POST", "-H", "Content-Type: application/json", "-d", json.dumps(event), f"{moved.url}/v2/enqueue"
    )
    assert (status, json.loads(body)) == (
        202,
        {"status": "success", "message": "Event processed", "dedup_key": "srv01/mysql"},
    )
    (alert,) = moved.alerts()
    assert alert["labels"] == {"source": "srv01"}


def test_curl_as_opsgenie_documents_it(moved: Moved) -> None:
    key = f"Authorization: GenieKey {OG}"
    told = {"message": "disk full", "alias": "a b/c"}
    status, body = moved.curl(
        "-X",
        "POST",
        f"{moved.url}/v2/alerts",
        "-H",
        "Content-Type: application/json",
        "-H",
        key,
        "-d",
        json.dumps(told),
    )
    answer = json.loads(body)
    assert (status, answer["result"]) == (202, "Request will be processed")
    moved.alerts()
    status, body = moved.curl(f"{moved.url}/v2/alerts/requests/{answer['requestId']}", "-H", key)
    assert (status, json.loads(body)["data"]["isSuccess"]) == (200, True)
    closing = f"{moved.url}/v2/alerts/a%20b%2Fc/close?identifierType=alias"
    status, _ = moved.curl(
        "-X", "POST", closing, "-H", "Content-Type: application/json", "-H", key, "-d", '{"user": "Anna"}'
    )
    assert status == 202
    moved.alerts(lambda found: found[0]["status"] == "resolved")
    status, body = moved.curl(
        f"{moved.url}/v2/alerts/requests/{answer['requestId']}", "-H", "Authorization: GenieKey no"
    )
    assert (status, json.loads(body)["message"]) == (401, "Could not authenticate")


def test_curl_as_goalert_documents_it(moved: Moved) -> None:
    place = f"{moved.url}/api/v2/generic/incoming?token={GO}"
    assert moved.curl("-XPOST", f"{place}&summary=disk+full&dedup=db1") == (204, "")
    moved.alerts()
    status, body = moved.curl(
        "-XPOST", place, "-H", "Accept: application/json", "--data-urlencode", "summary=cpu", "-d", "meta=a=b"
    )
    answer = json.loads(body)
    assert status == 200
    assert set(answer) == {"AlertID", "ServiceID", "IsNew"}
    assert (
        moved.curl(
            "-XPOST", place, "-H", "Content-Type: application/json", "-d", '{"dedup": "db1", "action": "close"}'
        )[0]
        == 204
    )
    alerts = moved.alerts(lambda found: len(found) == 2 and found[0]["status"] == "resolved")
    assert [one["title"] for one in alerts] == ["disk full", "cpu"]
    assert alerts[1]["labels"] == {"a": "b"}
    assert moved.curl("-XPOST", f"{moved.url}/api/v2/generic/incoming?token=no&summary=x") == (401, "Unauthorized\n")


def test_nobody_s_secret_stands_in_what_is_kept(moved: Moved) -> None:
    event = {
        "routing_key": PD,
        "event_action": "trigger",
        "payload": {"summary": f"x {PD}", "severity": "info", "source": OG},
    }
    with httpx.Client(base_url=moved.url, verify=ssl.create_default_context(cafile=str(moved.trusted))) as sender:
        assert sender.post("/v2/enqueue", json=event).status_code == 202
        assert sender.post("/api/v2/generic/incoming", data={"token": GO, "summary": "y"}).status_code == 204
    moved.alerts(lambda found: len(found) == 2)
    kept = json.dumps(moved.rows("SELECT body, events FROM signal")) + json.dumps(
        moved.rows("SELECT title, labels FROM alert")
    )
    assert PD not in kept
    assert OG not in kept
    assert GO not in kept


def test_after_a_resolve_a_new_trigger_is_a_new_alert_however_soon_it_comes(moved: Moved) -> None:
    event = {"routing_key": PD, "dedup_key": "k", "payload": {"summary": "x", "severity": "info", "source": "y"}}
    place = f"/api/v2/generic/incoming?token={GO}&summary=z&dedup=k"
    with httpx.Client(base_url=moved.url, verify=ssl.create_default_context(cafile=str(moved.trusted))) as sender:
        for action in ("trigger", "trigger", "resolve", "trigger"):
            assert sender.post("/v2/enqueue", json=event | {"event_action": action}).status_code == 202
        for path in (place, f"{place}&action=close", place, place):
            assert sender.post(path).status_code == 204
    alerts = moved.alerts(lambda found: len(found) == 4)
    assert [(one["key"], one["status"], one["count"]) for one in alerts] == [
        ("pd:k", "resolved", 2),
        ("pd:k", "firing", 1),
        ("go:k", "resolved", 1),
        ("go:k", "firing", 2),
    ]


def test_a_body_over_pagerdutys_limit_is_refused_in_its_words(moved: Moved) -> None:
    payload = {"summary": "x", "severity": "info", "source": "y", "custom_details": {"log": "x" * 524_288}}
    event = {"routing_key": PD, "event_action": "trigger", "payload": payload}
    with httpx.Client(base_url=moved.url, verify=ssl.create_default_context(cafile=str(moved.trusted))) as sender:
        answer = sender.post("/v2/enqueue", json=event)
        assert answer.status_code == 413
        assert answer.json()["status"] == "error"
        payload["custom_details"] = {"log": "x" * 500_000}
        assert sender.post("/v2/enqueue", json=event).status_code == 202
    (alert,) = moved.alerts()
    assert alert["title"] == "x"


ALERTMANAGER = """
route: {{receiver: moved, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers:
- name: moved
  pagerduty_configs:
  - {{url: "{url}/v2/enqueue", routing_key: "{pd}", severity: error, http_config: {{tls_config: {{ca_file: "{ca}"}}}}}}
  opsgenie_configs:
  - {{api_url: "{url}/", api_key: "{og}", priority: P2, update_alerts: true, http_config: {{tls_config: {{ca_file: "{ca}"}}}}}}
"""


@contextmanager
def alertmanager(moved: Moved, folder: Path) -> Iterator[str]:
    """A real Alertmanager that was told nothing but other host names; its own address."""
    program = os.environ.get("FIRELINE_TEST_ALERTMANAGER") or shutil.which("prometheus-alertmanager")
    if not program:
        pytest.skip("Alertmanager is not installed: apt-get install prometheus-alertmanager")
    (folder / "am.yml").write_text(ALERTMANAGER.format(url=moved.url, pd=PD, og=OG, ca=moved.trusted))
    port = free_port()
    words = [f"--config.file={folder / 'am.yml'}", f"--storage.path={folder / 'am'}", "--cluster.listen-address="]
    with (folder / "am.log").open("wb") as log:
        running = subprocess.Popen([program, *words, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}", running)
            yield f"http://127.0.0.1:{port}"
        finally:
            running.kill()
            running.wait()


def wait_for(url: str, running: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/-/ready", timeout=5).status_code == 200:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"Alertmanager ended by itself: {running.wait(0.1)}")
    raise AssertionError("Alertmanager is not ready")


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def test_alertmanager_sends_to_pagerduty_and_opsgenie_and_both_are_here(moved: Moved, tmp_path: Path) -> None:
    labels = {"alertname": "DiskFull", "instance": "db1"}
    notes = {"summary": "disk 97 % on db1"}
    now = clock.now()

    def post(url: str, **times: str) -> None:
        alert = {"labels": labels, "annotations": notes, "startsAt": now.isoformat(), **times}
        assert httpx.post(f"{url}/api/v2/alerts", json=[alert]).status_code == 200

    with alertmanager(moved, tmp_path) as url:
        post(url)
        alerts = moved.alerts(lambda found: len(found) == 2)
        assert {one["source"]: (one["status"], one["severity"]) for one in alerts} == {
            "pd": ("firing", "error"),
            "og": ("firing", "P1"),
        }
        assert all("DiskFull" in one["title"] for one in alerts)
        post(url, endsAt=now.isoformat())
        alerts = moved.alerts(lambda found: {one["status"] for one in found} == {"resolved"})
    assert len(alerts) == 2
    faults = moved.rows("SELECT source, fault FROM signal WHERE fault IS NOT NULL")
    assert faults == []
    assert "level=error" not in (tmp_path / "am.log").read_text()
