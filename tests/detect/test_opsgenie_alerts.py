from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from fireline.detect import intake
from fireline.detect.door import Door
from fireline.detect.opsgenie_alerts import id_of, number_of
from fireline.detect.source import Answer
from fireline.incident.scheme import Scheme
from fireline.settings import Settings
from fireline.store.connect import Store

OURS = {"authorization": "GenieKey key-of-ours-1"}
OTHERS = {"authorization": "GenieKey key-of-others"}
SETTINGS = Settings.model_validate(
    {
        "sources": {
            "og": {"format": "opsgenie", "token": "key-of-ours-1"},
            "other": {"format": "opsgenie", "token": "key-of-others"},
        }
    }
)


class Api:
    """Opsgenie's API as a client sees it; `settle` is what a worker does meanwhile."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.door = Door(store, SETTINGS)
        self.door.start()

    def call(
        self, method: str, path: str, document: Any = None, headers: dict[str, str] = OURS, **query: str
    ) -> Answer:
        found = self.door.routes.find(path)
        assert found is not None
        assert method in found.methods
        body = json.dumps(document).encode() if document is not None else b""
        return asyncio.run(self.door.receive_at(found, method, headers, query, body))

    def told(self, method: str, path: str, document: Any = None, headers: dict[str, str] = OURS, **query: str) -> Any:
        answer = self.call(method, path, document, headers, **query)
        assert answer.status in (200, 202), answer
        return answer.body

    def settle(self) -> None:
        intake.take(self.store, SETTINGS, Scheme())

    def send(self, path: str, document: Any, **query: str) -> Any:
        """What became of a request, once it was taken."""
        request = self.told("POST", path, document, OURS, **query)["requestId"]
        self.settle()
        return self.told("GET", f"/v2/alerts/requests/{request}")["data"]


@pytest.fixture
def api(store: Store) -> Iterator[Api]:
    made = Api(store)
    yield made
    made.door.close()


def test_a_request_is_not_known_before_it_is_taken_and_tells_of_its_alert_afterwards(api: Api) -> None:
    request = api.told("POST", "/v2/alerts", {"message": "disk full", "alias": "disk"})["requestId"]
    early = api.call("GET", f"/v2/alerts/requests/{request}")
    assert isinstance(early.body, dict)
    assert (early.status, early.body["message"]) == (404, "Request not found. It might not be processed, yet.")
    api.settle()
    told = api.told("GET", f"/v2/alerts/requests/{request}")
    assert told["requestId"] == request
    data = told["data"]
    assert {name: data[name] for name in ("success", "isSuccess", "action", "status", "integrationId", "alias")} == {
        "success": True,
        "isSuccess": True,
        "action": "Create",
        "status": "Created alert",
        "integrationId": "og",
        "alias": "disk",
    }
    assert data["processedAt"].endswith("Z")


def test_the_id_of_an_alert_is_the_same_in_every_answer_and_another_once_it_fires_anew(api: Api) -> None:
    alert = {"message": "disk full", "alias": "disk"}
    first, again = api.send("/v2/alerts", alert), api.send("/v2/alerts", alert)
    assert first["alertId"] == again["alertId"]
    assert api.send(f"/v2/alerts/{first['alertId']}/close", {})["alertId"] == first["alertId"]
    anew = api.send("/v2/alerts", alert)
    assert anew["alertId"] != first["alertId"]
    late = api.send(f"/v2/alerts/{first['alertId']}/close", {})
    assert (late["isSuccess"], late["status"], late["alertId"]) == (False, "Alert does not exist", "")
    assert api.told("GET", f"/v2/alerts/{anew['alertId']}")["data"]["status"] == "open"


def test_an_alert_is_read_by_id_alias_and_tiny_id(api: Api) -> None:
    made = api.send(
        "/v2/alerts",
        {"message": "disk full", "alias": "disk", "priority": "P2", "entity": "db1", "details": {"a": "b"}},
    )
    api.send("/v2/alerts/disk/acknowledge", {"user": "Anna"}, identifierType="alias")
    by_id = api.told("GET", f"/v2/alerts/{made['alertId']}")["data"]
    assert by_id == api.told("GET", "/v2/alerts/disk", identifierType="alias")["data"]
    assert by_id == api.told("GET", f"/v2/alerts/{by_id['tinyId']}", identifierType="tiny")["data"]
    assert {name: by_id[name] for name in ("id", "alias", "message", "status", "acknowledged", "owner", "priority", "entity", "details", "count")} == {
        "id": made["alertId"],
        "alias": "disk",
        "message": "disk full",
        "status": "open",
        "acknowledged": True,
        "owner": "Anna via og",
        "priority": "P2",
        "entity": "db1",
        "details": {"a": "b"},
        "count": 1,
    }  # fmt: skip


def test_of_what_does_not_exist_nothing_is_made_and_the_request_says_so(api: Api) -> None:
    for deed, document in (("close", {}), ("acknowledge", {}), ("notes", {"note": "x"})):
        for kind in ("alias", "tiny", "id"):
            data = api.send(f"/v2/alerts/4711/{deed}", document, identifierType=kind)
            assert (data["success"], data["status"]) == (False, "Alert does not exist")
    missing = api.call("GET", "/v2/alerts/4711", identifierType="tiny")
    assert isinstance(missing.body, dict)
    assert (missing.status, missing.body["message"]) == (404, "Alert with tiny [4711] does not exist")


def test_two_alerts_closed_with_the_same_words_at_once_are_both_closed(api: Api) -> None:
    for alias in ("a", "b"):
        api.send("/v2/alerts", {"message": alias, "alias": alias})
    for alias in ("a", "b"):
        assert api.send(f"/v2/alerts/{alias}/close", {}, identifierType="alias")["isSuccess"]
        assert api.told("GET", f"/v2/alerts/{alias}", identifierType="alias")["data"]["status"] == "closed"


def test_nobody_reads_what_another_source_sent(api: Api) -> None:
    request = api.told("POST", "/v2/alerts", {"message": "x", "alias": "a"})["requestId"]
    api.settle()
    alert = api.told("GET", f"/v2/alerts/requests/{request}")["data"]["alertId"]
    assert api.call("GET", f"/v2/alerts/requests/{request}", headers=OTHERS).status == 404
    assert api.call("GET", f"/v2/alerts/{alert}", headers=OTHERS).status == 404
    assert api.call("GET", "/v2/alerts/a", headers=OTHERS, identifierType="alias").status == 404
    assert api.call("GET", "/v2/alerts/1", headers=OTHERS, identifierType="tiny").status == 404
    assert api.call("GET", f"/v2/alerts/{alert}", headers={}).status == 401


@pytest.mark.parametrize("request_id", ["x", "00000000-0000-0000-0000-000000000000", "%00", "'"])
def test_what_is_no_request_is_not_found(api: Api, request_id: str) -> None:
    assert api.call("GET", f"/v2/alerts/requests/{request_id}").status == 404


@pytest.mark.parametrize("alias", ["%00", "%FF", "a%2Fb", "x" * 5_000])
def test_any_alias_may_be_asked_for_and_closed(api: Api, alias: str) -> None:
    assert api.call("GET", f"/v2/alerts/{alias}", identifierType="alias").status == 404
    assert api.call("POST", f"/v2/alerts/{alias}/close", {}, identifierType="alias").status in (202, 400)


def test_an_id_stands_for_its_number_and_for_no_other_source() -> None:
    for number in (1, 7, 2**63 - 1):
        assert number_of("og", id_of("og", number), "id") == number
        assert number_of("other", id_of("og", number), "id") == 0
    assert len({id_of("og", number) for number in range(100)}) == 100
