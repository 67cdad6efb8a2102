from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fireline.app.context import Context, make
from fireline.app.replaying import replay
from fireline.detect.payload import Payload, read
from fireline.errors import SettingsError
from fireline.settings import Settings
from fireline.store.connect import Store, queries

Q = queries("fireline.detect")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
RUNBOOK = Path(__file__).parents[1] / "data" / "incident-response.md"


def settings(store: Store, **more: Any) -> Settings:
    base: dict[str, Any] = {
        "store": {"url": store.url},
        "targets": {
            "main": {"dsn": "postgresql://nobody@127.0.0.1:1/x"},
            "shop": {"dsn": "postgresql://nobody@127.0.0.1:1/y"},
        },
        "runbook": {"files": [str(RUNBOOK)]},
        "sources": {"jobs": {"format": "generic", "token": "t" * 20, "target": "main"}},
        "contacts": {"anna": {"address": "anna@example.org", "confirmed": True}},
    }
    return Settings.model_validate({**base, **more})


def send(store: Store, own: Settings, *bodies: dict[str, Any], every: timedelta = timedelta(minutes=1)) -> None:
    """Keep signals as the door does, one after the other."""
    events = [
        json.dumps([one.json() for one in read(own, "jobs", Payload(json.dumps(body).encode(), {}, {})).events])
        for body in bodies
    ]
    from fireline.detect.signals import new_uid

    with store.transaction() as conn:
        conn.execute(
            Q["store_signals"],
            {
                "uids": [new_uid() for _ in bodies],
                "sources": ["jobs"] * len(bodies),
                "times": [NOON + number * every for number in range(len(bodies))],
                "digests": [str(number).encode() for number in range(len(bodies))],
                "bodies": [json.dumps(body) for body in bodies],
                "events": events,
            },
        )


def run(store: Store, own: Settings, new: Settings | None, **more: Any) -> dict[str, Any]:
    context: Context = make(own, pool_size=1)
    try:
        with store.transaction() as conn:
            conn.execute("SET TRANSACTION READ ONLY")
            return replay(context, conn, since=NOON - timedelta(hours=1), new=new, **more)
    finally:
        context.close()


def fires(key: str, **more: Any) -> dict[str, Any]:
    return {"summary": f"job {key} failed", "dedup": key, "severity": "warning", **more}


def test_the_same_settings_make_no_difference(store: Store) -> None:
    own = settings(store)
    send(
        store, own, fires("a"), fires("b"), fires("a"), fires("a", status="resolved"), fires("a", summary="job a again")
    )
    found = run(store, own, own)
    assert found["differences"] == []
    assert found["was"] == found["now"]
    assert found["signals"] == 5
    assert found["was"]["alerts"] == 3
    assert found["was"]["other"] == {"repeat": 1, "resolved": 1}
    assert found["was"]["told"] == {"anna": found["was"]["incidents"]}
    assert found["kept"] == {"alerts": 0, "incidents": 0}


def test_a_rule_that_is_tried_shows_what_it_would_change(store: Store) -> None:
    own = settings(store)
    send(store, own, fires("a"), fires("b", labels={"host": "db7"}), fires("c"))
    rules = [{"name": "db7 is urgent", "match": ["host=db7"], "severity": "P0", "target": "shop"}]
    found = run(store, own, settings(store, rules=rules))
    [only] = found["differences"]
    assert only["title"] == "job b failed"
    assert (only["was"]["target"], only["now"]["target"]) == ("main", "shop")
    assert only["now"]["severity"] == "P0" != only["was"]["severity"]
    assert found["kinds"] == {"severity": 1, "target": 1}
    assert found["now"]["targets"] == {"main": 2, "shop": 1}


def test_a_rule_that_wakes_nobody_shows_who_is_told_no_more(store: Store) -> None:
    own = settings(store)
    send(store, own, fires("a"), fires("b"))
    found = run(store, own, settings(store, rules=[{"match": ["title=~.*a.*"], "page": False}]))
    told = {one["title"]: (one["was"]["told"], one["now"]["told"]) for one in found["differences"]}
    assert told["job a failed"] == (["anna"], [])
    assert found["now"]["told"].get("anna", 0) < found["was"]["told"]["anna"]


def test_alerts_that_a_rule_groups_open_one_incident(store: Store) -> None:
    own = settings(store)
    send(store, own, *(fires(str(number), labels={"host": "db7"}) for number in range(6)))
    found = run(store, own, settings(store, rules=[{"match": ["host=~.+"], "group_by": ["host"]}]), limit=2)
    assert (found["was"]["incidents"], found["now"]["incidents"]) == (6, 1)
    assert found["now"]["alerts"] == 6
    assert len(found["differences"]) == 2
    assert found["more"] == 4


def test_a_mapping_that_changed_is_read_again_from_the_kept_body(store: Store) -> None:
    own = settings(store)
    send(store, own, fires("a", check="disk"), fires("b", check="cpu"))
    mapped = {
        "jobs": {"format": "generic", "token": "t" * 20, "options": {"map": {"title": "$.check", "dedup": "$.check"}}}
    }
    found = run(store, own, settings(store, sources=mapped))
    assert {one["title"] for one in found["differences"]} == {"job a failed", "job b failed", "disk", "cpu"}
    assert any("2 signals of jobs were read again" in note for note in found["notes"])


def test_signals_of_a_source_that_is_gone_would_be_refused(store: Store) -> None:
    own = settings(store)
    send(store, own, fires("a"))
    found = run(store, own, settings(store, sources={}))
    assert found["now"]["alerts"] == 0
    assert found["differences"][0]["now"] is None
    assert any("1 would be refused" in note for note in found["notes"])


def test_rules_that_could_not_run_are_refused_before(store: Store) -> None:
    own = settings(store)
    with pytest.raises(SettingsError):
        run(store, own, settings(store, rules=[{"match": ["host=~["], "severity": "P0"}]))
