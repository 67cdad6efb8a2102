from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.communicate import notices
from fireline.detect import rules
from fireline.detect.source import Event
from fireline.errors import SettingsError
from fireline.incident.contacts import QUIET_RANK
from fireline.incident.scheme import USUAL, Scheme
from fireline.settings import Settings

from .test_intake import Desk, firing, resolved

DSN = "postgres://fireline@db/app"


def settings(*given: dict[str, Any], **more: Any) -> Settings:
    targets = {"main": {"dsn": DSN}, "billing": {"dsn": DSN}}
    return Settings.model_validate({"targets": targets, "rules": list(given), **more})


def ruled(event: Event, *given: dict[str, Any]) -> rules.Ruling:
    return rules.rule(settings(*given), Scheme(), "am", event)


@pytest.fixture
def desk(store: Any) -> Desk:
    return Desk(store)


def test_a_rule_decides_severity_and_target_and_says_so() -> None:
    event = firing(severity="warning", labels={"alertname": "PgDown"})
    ruling = ruled(event, {"match": ["source=am", "alertname=~Pg.*"], "severity": "P0", "target": "billing"})
    assert (ruling.severity.id, ruling.severity_reason) == ("P0", "rule 1 says so")
    assert (ruling.target, ruling.target_reason) == ("billing", "rule 1")


def test_what_a_rule_does_not_fit_is_judged_as_ever() -> None:
    event = firing(severity="warning", labels={"alertname": "DiskFull"})
    assert ruled(event, {"match": ["alertname=~Pg.*"], "severity": "P0"}) == ruled(event)


def test_the_first_rule_that_fits_decides_a_thing_and_later_ones_what_is_left() -> None:
    first = {"name": "databases", "match": ["alertname=~Pg.*"], "severity": "P1"}
    second = {"match": ["source=am"], "severity": "P3", "target": "billing", "page": True}
    third = {"match": ["source=am"], "page": False, "target": "main"}
    ruling = ruled(firing(labels={"alertname": "PgDown"}), first, second, third)
    assert (ruling.severity.id, ruling.severity_reason) == ("P1", "rule “databases” says so")
    assert (ruling.target, ruling.target_reason) == ("billing", "rule 2")


def test_labels_make_a_group_and_an_alert_without_any_of_them_stays_in_its_own() -> None:
    by = {"match": ["source=am"], "group_by": ["alertname", "cluster"], "window": "1h"}
    one = ruled(firing("a", labels={"alertname": "PgDown", "cluster": "eu"}), by)
    other = ruled(firing("b", labels={"alertname": "PgDown", "cluster": "eu", "instance": "2"}), by)
    elsewhere = ruled(firing("c", labels={"alertname": "PgDown"}), by)
    assert one.group_key == other.group_key != elsewhere.group_key
    assert one.group_reason == "alertname PgDown, cluster eu (rule 1)"
    assert elsewhere.group_reason == "alertname PgDown, cluster absent (rule 1)"
    none = ruled(firing("d"), by)
    assert (none.group_key, none.group_reason) == ("d", "the alert itself, as it has no label that rule 1 groups by")


def test_groups_by_label_can_not_be_mixed_up_by_what_a_label_says() -> None:
    by = {"match": ["source=am"], "group_by": ["a", "b"]}
    keys = [ruled(firing(labels=labels), by).group_key for labels in ({"a": "x", "b": "y"}, {"a": 'x", "b": "y'})]
    assert keys[0] != keys[1]


@pytest.mark.parametrize("severities", [USUAL, USUAL[:2]])
def test_what_is_not_to_page_is_the_last_severity_and_ranks_as_what_wakes_nobody(severities: Any) -> None:
    scheme = Scheme(severities)
    ruling = rules.rule(settings({"match": ["source=am"], "page": False}), scheme, "am", firing(severity="critical"))
    assert ruling.severity.id == severities[-1].id
    assert ruling.severity.rank >= QUIET_RANK
    assert ruling.severity_reason == "rule 1: recorded, and wakes nobody"


def test_a_rule_whose_severity_the_runbook_has_no_more_lets_the_alert_through() -> None:
    ruling = ruled(firing(severity="low"), {"match": ["source=am"], "severity": "Sev9"})
    assert (ruling.severity.rank, ruling.group_key) == (0, "k")
    assert ruling.fault is not None
    assert "there is no severity 'Sev9'" in ruling.fault


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "mine", "match": ["alertname=~("], "page": False}, "rules: rule “mine”: '(' is not a pattern"),
        ({"match": ["nonsense"], "page": False}, "rules: rule 2: 'nonsense' is not a matcher"),
        ({"match": ["a=~.*"], "page": False}, "rules: rule 2: this would fit every alert"),
        ({"match": ["a=b"], "target": "billin"}, "rules: rule 2: no target 'billin'; did you mean billing?"),
    ],
)
def test_a_broken_rule_is_named_at_the_start(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        rules.check(settings({"match": ["a=b"], "page": True}, given))
    assert wrong.value.message.startswith(said)


@pytest.mark.parametrize(
    "given",
    [
        {"match": ["a=b"]},
        {"match": [], "page": False},
        {"match": ["a=b"], "window": "1h", "page": True},
        {"match": ["a=b"], "severity": "P1", "page": False},
        {"match": ["a=b"], "pages": False},
    ],
)
def test_a_rule_that_decides_nothing_or_contradicts_itself_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="rules"):
        settings(given)


def test_the_reasons_of_a_rule_stand_on_the_alert_and_in_the_timeline(desk: Desk) -> None:
    given = settings(
        {"name": "eu", "match": ["cluster=eu"], "group_by": ["cluster"], "severity": "P1", "target": "billing"}
    )
    desk.put(firing("a", labels={"cluster": "eu"}), firing("b", labels={"cluster": "eu"}))
    desk.take(given)
    (incident,) = desk.incidents()
    assert (incident["severity"], incident["severity_reason"], incident["target"]) == (
        "P1",
        "rule “eu” says so",
        "billing",
    )
    assert {alert["group_reason"] for alert in desk.alerts()} == {"cluster eu (rule “eu”)"}
    (first, _) = desk.rows("SELECT payload FROM timeline WHERE kind = 'alert' ORDER BY seq")
    assert first["payload"]["reason"] == "the title; grouped by cluster eu (rule “eu”); target billing by rule “eu”"


def test_an_alert_joins_no_incident_older_than_the_window_of_its_rule(desk: Desk) -> None:
    given = settings({"match": ["cluster=eu"], "group_by": ["cluster"], "window": "10m"})
    labels = {"cluster": "eu"}
    desk.put(firing("a", labels=labels))
    desk.take(given)
    for minutes, incidents in ((9, 1), (11, 2)):
        with clock.moved(timedelta(minutes=minutes)):
            desk.put(firing(f"after {minutes}", labels=labels))
            desk.take(given)
        assert len(desk.incidents()) == incidents


def test_what_is_not_to_page_is_recorded_and_a_worse_alert_of_its_group_wakes_people(desk: Desk) -> None:
    given = settings({"match": ["alertname=Noise"], "page": False})
    desk.put(firing("a", group_key="g", severity="critical", labels={"alertname": "Noise"}))
    desk.take(given)
    (incident,) = desk.incidents()
    assert (incident["severity"], incident["severity_rank"]) == ("P3", 3)
    contact = {"email": {"channel": "email", "address": "oncall@example.org", "confirmed": True}}
    with desk.store.transaction() as conn:
        assert notices.queue_owed(conn, 1, settings(contacts=contact)) == []
    desk.put(firing("b", group_key="g", severity="critical"), resolved("a"))
    desk.take(given)
    (incident,) = desk.incidents()
    assert (incident["severity"], incident["severity_rank"]) == ("P0", 0)
    with desk.store.transaction() as conn:
        assert len(notices.queue_owed(conn, 1, settings(contacts=contact))) == 1
