from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.detect import alerts, intake
from fireline.detect.source import Event
from fireline.errors import NotFound, Usage
from fireline.incident.people import Actor
from fireline.incident.scheme import Scheme
from fireline.settings import Settings
from fireline.store.connect import Connection, Store

ANNA = Actor("anna")


def fill(store: Store, *signals: list[Event]) -> None:
    with store.transaction() as conn:
        for number, events in enumerate(signals):
            conn.execute(
                "INSERT INTO signal (source, received_at, digest, body, events) VALUES ('cron', %s, '', %s, %s)",
                [clock.now(), Jsonb({"number": number}), Jsonb([event.json() for event in events])],
            )
    intake.take(store, Settings(), Scheme())


def event(key: str, title: str = "disk full", **fields: object) -> Event:
    return Event(key=key, key_reason="r", title=title, **fields)  # type: ignore[arg-type]


def test_pages_of_alerts_follow_each_other_without_a_gap(store: Store) -> None:
    fill(store, *([event(f"k{number}", group_key="g")] for number in range(25)))
    with store.transaction() as conn:
        seen, before = [], None
        while page := alerts.list_alerts(conn, ANNA, before=before, limit=10):
            seen += [alert["key"] for alert in page]
            before = page[-1]["alert"]
    assert seen == [f"k{number}" for number in reversed(range(25))]


def test_alerts_are_found_by_what_is_written_on_them(store: Store) -> None:
    fill(
        store,
        [event("a", "Disk 97% full", labels={"host": "db_1"})],
        [event("b", "disk 97 full", status="firing", group_key="g")],
        [event("c", "login broken", group_key="g")],
        [event("b", status="resolved")],
    )

    def found(**asked: object) -> list[str]:
        with store.transaction() as conn:
            return [alert["key"] for alert in alerts.list_alerts(conn, ANNA, **asked)]  # type: ignore[arg-type]

    assert found(search="DISK") == ["b", "a"]
    assert found(search="97%") == ["a"]
    assert found(search="db_1") == ["a"]
    assert found(search="dbx1") == []
    assert found(search="\\") == []
    assert found(search="\x00") == ["c", "b", "a"]
    assert found(search="inc-2") == ["c", "b"]
    assert found(search="INC-999999999999999999") == []
    assert found(status="resolved") == ["b"]
    assert found(status="firing", search="disk") == ["a"]
    assert found(search="", status=None, before=2) == ["a"]
    assert found(before=-5) == []
    assert found(before=2**70, limit=0) == ["c"]


def test_a_status_that_is_none_is_refused(conn: Connection) -> None:
    with pytest.raises(Usage, match="'open' is not a status"):
        alerts.list_alerts(conn, ANNA, status="open")


def test_an_alert_shows_the_newest_of_its_signals_as_they_came(store: Store) -> None:
    fill(store, *([event("a")] for _ in range(30)), [event("b")])
    with store.transaction() as conn:
        shown = alerts.show(conn, ANNA, alert=1)
    assert (shown["alert"], shown["count"], shown["incident"]) == (1, 30, "INC-1")
    assert [signal["body"] for signal in shown["signals"]] == [{"number": number} for number in range(29, 9, -1)]
    assert set(shown["signals"][0]) == {"signal", "source", "received_at", "taken_at", "fault", "body"}


def test_a_signal_too_long_to_read_is_only_measured(store: Store) -> None:
    fill(store, [event("a")])
    with store.transaction() as conn:
        conn.execute("UPDATE signal SET body = jsonb_build_object('x', repeat('y', 200000))")
        assert alerts.show(conn, ANNA, alert=1)["signals"][0]["body"] == {"too long to show, in bytes": 200009}


@pytest.mark.parametrize("number", [1, 0, -1, 2**63, 2**80])
def test_an_alert_that_is_not_there_is_not_found(conn: Connection, number: int) -> None:
    with pytest.raises(NotFound):
        alerts.show(conn, ANNA, alert=number)


def test_the_alerts_of_an_incident_firing_ones_first(store: Store) -> None:
    fill(store, [event("a", group_key="g")], [event("b", group_key="g")])
    with clock.moved(timedelta(minutes=1)):
        fill(store, [event("b", status="resolved")])
    with store.transaction() as conn:
        assert [alert["key"] for alert in alerts.of_incident(conn, 1)] == ["a", "b"]
        assert len(alerts.of_incident(conn, 1, limit=1)) == 1


def test_a_page_of_ten_thousand_alerts_reads_no_more_than_it_shows(store: Store) -> None:
    with store.transaction() as conn:
        conn.execute(
            "INSERT INTO alert (key, key_reason, source, title, status, first_at, last_at, group_key)"
            " SELECT 'k' || n, 'r', 'cron', 'disk full on host ' || n, 'firing', %(now)s, %(now)s, 'g'"
            " FROM generate_series(1, 10000) n",
            {"now": clock.now()},
        )
        conn.execute("ANALYZE alert")
        unasked = dict.fromkeys(("incident", "search", "source", "target", "severity", "labels"))
        parameters: dict[str, Any] = {**unasked, "before": 5_000, "status": "firing", "words": [], "limit": 50}
        plan = conn.execute(f"EXPLAIN (FORMAT JSON) {alerts.Q['alerts']}", parameters).fetchone()
        assert plan is not None
        assert plan["QUERY PLAN"][0]["Plan"]["Plans"][0]["Node Type"] == "Index Scan"
        found = alerts.list_alerts(conn, ANNA, search="host 77", limit=100)
    assert len(found) == 100
