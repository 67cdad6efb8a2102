from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from fireline.detect.source import Event
from fireline.detect.sources.uptimerobot import source
from fireline.errors import Usage
from tests.detect import delivering

DOWN = {
    "monitorID": "777712827",
    "monitorURL": "https://shop.example/health",
    "monitorFriendlyName": "Shop",
    "alertType": "1",
    "alertTypeFriendlyName": "Down",
    "alertDetails": "HTTP 502 - Bad Gateway",
    "alertDuration": "*alertDuration*",
    "alertDateTime": "1767582000",
    "sslExpiryDaysLeft": "",
}


def read(document: Any, **beside: Any) -> list[Event]:
    return delivering.read(source, document, **beside)


def test_a_monitor_that_is_down_fires() -> None:
    (event,) = read(DOWN)
    assert (event.key, event.title, event.status, event.severity) == (
        "uptimerobot:777712827",
        "Shop is down",
        "firing",
        "critical",
    )
    assert event.text == "HTTP 502 - Bad Gateway\nhttps://shop.example/health"
    assert event.starts_at == "2026-01-05T03:00:00+00:00"
    assert event.once == "777712827:1:2026-01-05T03:00:00+00:00"


@pytest.mark.parametrize("way", ["json", "form", "query"])
def test_it_may_come_as_json_as_a_form_or_in_the_query(way: str) -> None:
    form = "application/x-www-form-urlencoded"
    ways: dict[str, tuple[Any, dict[str, Any]]] = {
        "json": (DOWN, {}),
        "form": (urlencode(DOWN).encode(), {"content_type": form}),
        "query": (b"", {"query": {**DOWN, "token": "t"}}),
    }
    document, beside = ways[way]
    assert read(document, **beside) == read(DOWN)


def test_up_resolves_what_down_opened() -> None:
    (up,) = read({**DOWN, "alertType": "2", "alertDuration": 300})
    assert (up.key, up.status, up.title) == ("uptimerobot:777712827", "resolved", "Shop is up")
    (word,) = read({"monitorID": 1, "alertTypeFriendlyName": "Up"})
    assert word.status == "resolved"


def test_a_certificate_that_expires_is_an_alert_of_its_own() -> None:
    (event,) = read({**DOWN, "alertType": 3, "sslExpiryDaysLeft": "7"})
    assert (event.key, event.status, event.severity) == ("uptimerobot:777712827:expires", "firing", "warning")
    assert event.text.endswith("7 days are left")


def test_a_variable_that_was_not_filled_in_is_absent() -> None:
    (event,) = read({name: f"*{name}*" for name in DOWN} | {"monitorID": "5"})
    assert (event.title, event.status, event.starts_at) == ("5 is down", "firing", None)
    with pytest.raises(Usage, match="neither monitorID nor monitorURL"):
        read({name: f"*{name}*" for name in DOWN})


@pytest.mark.parametrize("at", ["", "soon", "1e400", "-1e30", None, {}])
def test_a_time_that_is_none_does_not_cost_the_alert(at: Any) -> None:
    (event,) = read({**DOWN, "alertDateTime": at})
    assert (event.starts_at, event.once) == (None, None)


def test_milliseconds_are_seen_as_such() -> None:
    assert read({**DOWN, "alertDateTime": 1767582000000})[0].starts_at == "2026-01-05T03:00:00+00:00"


def test_a_list_is_none_of_its_webhooks() -> None:
    with pytest.raises(Usage, match="no JSON object and no form"):
        read([DOWN])
