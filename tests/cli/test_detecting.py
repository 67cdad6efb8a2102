import json
from pathlib import Path

from tests.cli.conftest import SETTINGS, Fireline, until

ALERT = {"summary": "Queue is stuck", "severity": "critical", "details": "Jobs pile up", "dedup": "q1"}
PAGER = {
    "routing_key": "a" * 32,
    "event_action": "trigger",
    "dedup_key": "q",
    "payload": {"summary": "Queue is stuck", "source": "worker-1", "severity": "warning"},
}


def _settings(folder: Path, more: str = "") -> None:
    text = SETTINGS + more
    (folder / "fireline.toml").write_text(text, encoding="utf-8")


def test_a_payload_is_tried_with_the_settings_alone(house: Fireline) -> None:
    contacts = """
[contacts.anna]
role = "On-Call Engineer"
address = "anna@example.org"
confirmed = true

[contacts.dba]
address = "dba@example.org"
"""
    _settings(house.folder, contacts)
    (house.folder / "p.json").write_text(json.dumps(ALERT), encoding="utf-8")
    done = house(
        "detect",
        "test",
        "p.json",
        "--source",
        "generic",
        FIRELINE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
    )
    assert done.code == 0, done.err
    shown = done.out
    assert "alert firing: Queue is stuck" in shown
    assert "becomes   opens an incident, or joins the open one of its group" in shown
    assert "target    main" in shown
    assert "severity  P0 Critical: the sender says “critical”" in shown
    assert "procedure Stuck Queue (score" in shown
    assert "tells     anna by email" in shown
    assert "not dba: the address is not confirmed" in shown
    assert "clock     Immediate, due" in shown
    assert "note: no store answers" in shown


def test_what_is_wrong_with_a_payload_is_one_line_and_a_code(house: Fireline) -> None:
    done = house("detect", "test", "-", "--source", "generic", given='{"summary": ')
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines()[0].startswith("error: the body is not JSON")
    told = house("detect", "test", "-", "--source", "generic", "--json", given="[")
    assert told.code == 1
    assert "not JSON" in told.data["error"]
    assert house("detect", "test", "-", "--source", "genric", given="{}").err.endswith("hint: Did you mean generic?\n")
    assert house("detect", "test", "gone.json", "--source", "generic").code == 2
    assert house("detect", "test", "-", "--source", "generic", "--header", "x", given="{}").code == 2


def test_a_format_that_nobody_has_configured_can_be_tried(house: Fireline) -> None:
    found = house("detect", "test", "-", "--source", "pagerduty", "--json", given=json.dumps(PAGER)).data
    assert found["configured"] is False
    [event] = found["events"]
    assert event["severity"]["id"] in ("P0", "P1")
    assert event["said_severity"] == "warning"
    assert any("no source pagerduty is in the settings" in note for note in found["notes"])


def test_a_path_says_what_a_body_does_not(house: Fireline) -> None:
    close = ("detect", "test", "-", "--source", "opsgenie")
    found = house(*close, "--path", "/v2/alerts/q/close", "--query", "identifierType=alias", "--json", given="{}").data
    assert [one["status"] for one in found["events"]] == ["resolved"]
    assert "no alert with this key fires" in found["events"][0]["outcome"]
    wrong = house(*close, "--path", "/v3/alerts", given="{}")
    assert wrong.code == 1
    assert "/v2/alerts" in wrong.err


def test_changes_wake_nobody_and_say_so(house: Fireline) -> None:
    change = {"routing_key": "a" * 32, "payload": {"summary": "deployed 7", "timestamp": "2026-01-01T00:00:00Z"}}
    given = json.dumps(change)
    done = house("detect", "test", "-", "--source", "pagerduty", "--path", "/v2/change/enqueue", given=given)
    assert "change: deployed 7" in done.out
    assert "wakes nobody" in done.out
    assert "severity" not in done.out


def test_with_a_store_silences_and_what_fires_are_looked_at(house: Fireline, worker: int) -> None:
    house("report", "login is broken", "--target", "main")
    until(lambda: house.data("alert", "list"), what="the alert")
    report = json.dumps({"title": "login is broken", "target": "main"})
    again = house("detect", "test", "-", "--source", "report", given=report)
    assert "becomes   repeats alert 1, which fires" in again.out
    other = json.dumps({"title": "mail is broken", "target": "main"})
    assert house("silence", "add", 'title=~"mail.*"', "--comment", "moving mail").code == 0
    held = house.data("detect", "test", str(_file(house, other)), "--source", "report")
    [event] = held["events"]
    assert event["outcome"] == "opens an incident"
    assert event["silences"][0].startswith("silence 1 “moving mail”")
    assert len(house.data("alert", "list")) == 1


def _file(house: Fireline, text: str) -> Path:
    path = house.folder / "given.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_secrets_of_a_payload_are_not_shown(house: Fireline) -> None:
    body = {"summary": "failed", "details": "password=hunter2hunter2 at host"}
    assert "hunter2" not in house("detect", "test", "-", "--source", "generic", "--json", given=json.dumps(body)).out


def test_what_came_in_is_replayed_with_other_settings(house: Fireline, worker: int) -> None:
    house("report", "login is broken", "--target", "main")
    until(lambda: house.data("alert", "list"), what="the alert")
    alone = house("detect", "replay", "--since", "1h")
    assert alone.code == 0, alone.err
    assert "1 signals since" in alone.out
    assert "kept: 1 alert, 1 incident" in alone.out
    rule = '\n[[rules]]\nname = "logins"\nmatch = ["title=~login.*"]\nseverity = "P0"\n'
    (house.folder / "new.toml").write_text(SETTINGS + rule, encoding="utf-8")
    tried = house("detect", "replay", "--since", "1h", "--settings", "new.toml")
    assert tried.code == 0, tried.err
    assert "report: login is broken" in tried.out
    assert "severity  P1 → P0" in tried.out
    assert "note: incidents are taken to be open" in tried.out
    same = house("detect", "replay", "--settings", "fireline.toml")
    assert "Nothing would differ." in same.out
    assert house.data("detect", "replay", "--settings", "new.toml")["kinds"] == {"severity": 1}
    assert len(house.data("incident", "list")) == 1


def test_settings_that_can_not_be_used_are_told_as_such(house: Fireline) -> None:
    (house.folder / "new.toml").write_text(SETTINGS + '\n[[rules]]\nmatch = ["title=~["]\n', encoding="utf-8")
    assert house("detect", "replay", "--settings", "new.toml").code == 2
    assert house("detect", "replay", "--since", "yesterday").code == 2
