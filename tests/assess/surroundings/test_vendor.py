"""Status pages of others: the shape of Statuspage v2, from a real server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fireline.assess.surrounding import Circumstances, Seen
from fireline.assess.surroundings.vendor import VendorSettings, surrounding
from fireline.errors import FirelineError
from fireline.systems.statuspage import PATH, read
from tests.systems.peer import Peer

NOW = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)


def component(name: str, status: str = "operational", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "status": status,
        "updated_at": "2026-11-23T03:05:00.000Z",
        "group": False,
        **more,
    }


def summary(*components: dict[str, Any], indicator: str | None = "none", **more: Any) -> dict[str, Any]:
    """What `/api/v2/summary.json` answers."""
    return {
        "page": {"id": "x", "name": "Acme", "url": "https://status.example.com", "updated_at": "2026-11-23T03:20:00Z"},
        "status": {"description": "All Systems Operational"} | ({"indicator": indicator} if indicator else {}),
        "components": list(components),
        "incidents": [],
        "scheduled_maintenances": [],
        **more,
    }


def incident(name: str, status: str = "investigating", **more: Any) -> dict[str, Any]:
    started = {"started_at": "2026-11-23T04:01:00.000+01:00", "created_at": "2026-11-23T03:02:00Z"}
    return {"name": name, "status": status, "impact": "major", "shortlink": "https://stspg.io/x", **started, **more}


def ask(url: str, **own: Any) -> Seen:
    page = VendorSettings.model_validate({"url": url, "timeout": "5s", **own})
    (question,) = surrounding.questions({"acme": page}, Circumstances())
    seen = question.ask()
    assert seen is not None
    return seen


def test_a_page_without_trouble_is_well(peer: Peer) -> None:
    peer.answer(PATH, summary(component("API"), component("Auth")))
    seen = ask(f"{peer.url}/")
    assert (seen.state, seen.title, seen.detail) == (
        "well",
        "no trouble is known there",
        "2 components are operational",
    )
    assert ask(f"{peer.url}{PATH}").state == "well"


def test_what_is_degraded_is_named_with_the_incident_and_since_when() -> None:
    told = summary(
        component("API", "major_outage"),
        component("Auth"),
        component("Database", "degraded_performance"),
        component("Europe", "major_outage", group=True),
        indicator="major",
        incidents=[incident("Connections fail in Frankfurt")],
    )
    seen = read(told, [], NOW)
    assert (seen.state, seen.title) == ("ailing", "API: major outage; Database: degraded performance")
    assert seen.detail == "“Connections fail in Frankfurt”, since 03:01 UTC"
    assert seen.facts["indicator"] == "major"
    assert [one["name"] for one in seen.facts["degraded"]] == ["API", "Database"]
    assert seen.facts["incidents"][0]["started_at"] == "2026-11-23T04:01:00.000+01:00"


def test_without_an_incident_the_component_tells_since_when() -> None:
    assert read(summary(component("API", "partial_outage")), [], NOW).detail == "since 03:05 UTC"
    old = component("API", "partial_outage", updated_at="2026-11-21T20:00:00Z")
    assert read(summary(old), [], NOW).detail == "since 2026-11-21 20:00 UTC"
    never = component("API", "partial_outage", updated_at="yesterday")
    assert read(summary(never), [], NOW).detail == ""


def test_only_the_components_that_are_used_count() -> None:
    about: dict[str, Any] = {"components": [component("Pages")]}
    told = summary(
        component("Pages", "major_outage"), component("Actions"), incidents=[incident("Pages are down", **about)]
    )
    assert read(told, ["actions"], NOW).state == "well"
    assert read(told, ["Pages"], NOW).title == "Pages: major outage"
    everywhere = summary(component("Actions"), incidents=[incident("All is slow")])
    assert read(everywhere, ["Actions"], NOW).title == "“All is slow”"


def test_a_component_that_the_page_does_not_know_is_no_reason_to_be_calm() -> None:
    seen = read(summary(component("API")), ["APl"], NOW)
    assert (seen.state, seen.title) == ("unknown", "its status page knows no component APl")


def test_maintenance_counts_when_it_has_begun() -> None:
    begun = summary(component("API"), scheduled_maintenances=[incident("Moving house", "in_progress")])
    assert (read(begun, [], NOW).state, read(begun, [], NOW).title) == ("ailing", "“Moving house”")
    planned = summary(component("API"), scheduled_maintenances=[incident("Moving house", "scheduled")])
    assert read(planned, [], NOW).state == "well"


def test_an_incident_that_is_over_does_not_count() -> None:
    assert read(summary(component("API"), incidents=[incident("It was", "resolved")]), [], NOW).state == "well"


def test_the_pages_own_indicator_counts_when_nothing_is_named() -> None:
    told = summary(component("API"), indicator="critical") | {
        "status": {"indicator": "critical", "description": "Major Service Outage"}
    }
    assert (read(told, [], NOW).state, read(told, [], NOW).title) == ("ailing", "Major Service Outage")


def test_a_page_without_an_indicator_is_judged_by_its_components() -> None:
    assert read(summary(component("API"), indicator=None), [], NOW).state == "well"
    assert read(summary(indicator=None), [], NOW).state == "unknown"
    assert read(summary({"name": "API"}, indicator=None), [], NOW).state == "unknown"


def test_many_degraded_components_are_counted() -> None:
    told = summary(*(component(f"Region {n}", "partial_outage") for n in range(30)))
    seen = read(told, [], NOW)
    assert seen.title.endswith("Region 2: partial outage; and 27 more")
    assert len(seen.facts["degraded"]) == 20


@pytest.mark.parametrize(
    "body", [[], {}, {"status": "fine"}, {"status": {}, "components": 7}, {"status": {"indicator": 3}}, None]
)
def test_another_language_is_unknown(body: Any) -> None:
    assert read(body, [], NOW).state == "unknown"


def test_a_page_that_is_not_there_is_unknown(peer: Peer) -> None:
    seen = ask(peer.url)
    assert (seen.state, seen.title) == ("unknown", "its status page answers 404")


@pytest.mark.parametrize(("body", "said"), [("<html>", "not JSON"), ("x" * 2_100_000, "longer than")])
def test_an_answer_that_can_not_be_read_is_an_error_in_words(peer: Peer, body: str, said: str) -> None:
    peer.answer(PATH, body)
    with pytest.raises(FirelineError, match=said):
        ask(peer.url)


def test_a_slow_page_is_an_error_in_words(peer: Peer) -> None:
    peer.hang(PATH)
    with pytest.raises(FirelineError, match=r"no answer within 0\.2 s"):
        ask(peer.url, timeout="200ms")
