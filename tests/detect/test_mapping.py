from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.detect.source import Event, Inbound
from fireline.detect.sources.generic import source
from fireline.errors import SettingsError, Usage
from fireline.settings import SourceSettings


def settings(**map_: Any) -> SourceSettings:
    return SourceSettings.model_validate({"format": "generic", "token": "token-of-jobs", "options": {"map": map_}})


def read(document: Any, query: dict[str, str] | None = None, **map_: Any) -> list[Event]:
    ours = settings(**map_)
    options = source.options_of("jobs", ours)
    return source.parse(Inbound("jobs", json.dumps(document).encode(), ours, query=query or {}, options=options))


def one(document: Any, **map_: Any) -> Event:
    (event,) = read(document, **map_)
    return event


def test_every_field_is_found_where_the_map_says() -> None:
    event = one(
        {
            "check": {"name": "disk full", "id": 7, "out": "97 %\nof /var", "since": 1767582000},
            "level": "WARN",
            "state": "bad",
            "host": {"name": "db1", "zone": "a"},
            "db": "main",
            "cluster": "c1",
        },
        title="$.check.name",
        text="$.check.out",
        severity="$.level",
        status="$.state",
        dedup="$.check.id",
        target="$.db",
        group="$.cluster",
        starts_at="$.check.since",
        labels={"host": "$.host.name", "zone": "$.host['zone']"},
    )
    assert event == Event(
        key="jobs:7",
        key_reason="the sender's dedup key",
        title="disk full",
        text="97 %\nof /var",
        severity="WARN",
        target="main",
        labels={"host": "db1", "zone": "a"},
        group_key="jobs:c1",
        group_reason="the sender's group",
        starts_at="2026-01-05T03:00:00+00:00",
        once="7:1767582000",
    )


def test_one_path_may_lead_to_all_labels() -> None:
    assert one({"t": "x", "tags": {"a": 1, "b": "c"}}, title="$.t", labels="$.tags").labels == {"a": "1", "b": "c"}


@pytest.mark.parametrize("each", ["$.alerts", "$.alerts[*]"])
def test_each_element_of_a_list_is_an_alert_and_what_it_lacks_is_looked_for_in_the_whole(each: str) -> None:
    document = {"env": "prod", "name": "outer", "alerts": [{"name": "a"}, {"name": "b", "env": "test"}, {}]}
    events = read(document, each=each, title="$.name", labels={"env": "$.env"})
    assert [(event.title, event.labels["env"]) for event in events] == [("a", "prod"), ("b", "test"), ("outer", "prod")]


def test_the_whole_body_may_be_the_list() -> None:
    assert [event.title for event in read([{"n": "a"}, {"n": "b"}], each="$", title="$.n")] == ["a", "b"]
    assert [event.title for event in read([{"n": "a"}, {"n": "b"}], title="$.n")] == ["a", "b"]
    assert [event.title for event in read({"l": ["a", "b"]}, each="$.l", title="$")] == ["a", "b"]
    assert read({"l": []}, each="$.l", title="$.n") == []


@pytest.mark.parametrize(
    ("value", "status"),
    [("Recovered", "resolved"), ("OK", "resolved"), ("bad", "firing"), ("", "firing"), (None, "firing"), (1, "firing")],
)
def test_the_usual_words_resolve(value: Any, status: str) -> None:
    assert one({"t": "x", "s": value}, title="$.t", status="$.s").status == status


@pytest.mark.parametrize(
    ("value", "status"),
    [("green", "resolved"), (0, "resolved"), (False, "resolved"), ("OK", "firing"), ("red", "firing")],
)
def test_the_settings_may_name_words_of_their_own(value: Any, status: str) -> None:
    map_ = {"title": "$.t", "status": "$.s", "resolved": ["Green", "0", "false"]}
    assert one({"t": "x", "s": value, "status": "resolved", "action": "close"}, **map_).status == status


def test_what_the_map_does_not_name_is_read_under_its_usual_name() -> None:
    event = one({"what": "x", "details": "y", "dedup": "d", "severity": "P1", "message": "z"}, title="$.what")
    assert (event.title, event.text, event.key, event.severity) == ("x", "y", "jobs:d", "P1")


def test_an_alert_of_which_the_map_finds_no_title_goes_through_and_says_so() -> None:
    event = one({"nothing": "known"}, title="$.name", severity="$.level")
    assert event.title == "an alert from jobs, which its map found no title of"
    assert event.status == "firing"
    said = "The map of this source found nothing for: title ($.name), severity ($.level)"
    assert event.text == f'{{"nothing": "known"}}\n{said}.'
    assert event.annotations == {"map": said}
    assert event.key_reason == "all that was sent"
    assert event.key != one({"nothing": "else"}, title="$.name").key
    assert one({"summary": "usual"}, title="$.name").title == "usual"


def test_a_list_that_is_not_there_leaves_the_body_as_one_alert_and_says_so() -> None:
    event = one({"name": "x"}, each="$.alerts", title="$.name")
    assert event.title == "x"
    assert event.text == "The map of this source found nothing for: each ($.alerts)."


def test_what_is_missing_beside_the_title_is_noted_and_no_more() -> None:
    event = one({"name": "x"}, title="$.name", labels={"host": "$.host"}, target="$.db")
    assert event.text == ""
    assert event.annotations == {"map": "The map of this source found nothing for: target ($.db), labels"}


def test_the_query_does_as_well_and_nothing_at_all_is_refused() -> None:
    (event,) = read({}, {"name": "from the query", "token": "x"}, title="$.name")
    assert event.title == "from the query"
    with pytest.raises(Usage, match="nothing was sent"):
        read({}, {"token": "x"}, title="$.name")


def test_too_many_alerts_are_refused() -> None:
    with pytest.raises(Usage, match="more than 1000 alerts"):
        read({"l": [{}] * 1001}, each="$.l[*]", title="$.n")
    with pytest.raises(Usage, match="more than 1000 alerts"):
        read({"l": [{}] * 1001}, each="$.l", title="$.n")


@pytest.mark.parametrize(
    ("map_", "said"),
    [
        ({"title": "$.a["}, "sources.jobs.options.map.title: '$.a[' is no JSONPath: unexpected end of query"),
        ({"title": "name"}, "sources.jobs.options.map.title: 'name' is no JSONPath: it begins with $, as in $.title"),
        ({"labels": {"a": "$.a", "b": "$["}}, "sources.jobs.options.map.labels: '$[' is no JSONPath"),
        ({"each": ""}, "sources.jobs.options.map.each: '' is no JSONPath"),
        ({"title": 7}, "sources.jobs.options.map.title: Input should be a valid string"),
        ({"titel": "$.a"}, "sources.jobs.options.map.titel: Extra inputs are not permitted"),
    ],
)
def test_a_map_that_is_none_is_found_at_the_start(map_: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        source.options_of("jobs", settings(**map_))
    assert wrong.value.message.startswith(said)


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
PATH = st.sampled_from(["$", "$.a", "$.b", "$.a.b", "$.a[*]", "$..c", "$[0]", "$.a[?@.b == 1].c", "$.a[-1]"])
MAP = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ["each", "title", "text", "severity", "status", "dedup", "target", "group", "starts_at"], PATH
    )
    | {"labels": PATH | st.dictionaries(st.sampled_from("xy"), PATH, max_size=2)},
)


@given(WILD, MAP)
def test_nothing_but_a_usage_error_comes_of_any_document_and_any_map(document: Any, map_: dict[str, Any]) -> None:
    with contextlib.suppress(Usage):
        for event in read(document, **map_):
            assert event.title
            json.dumps(event.json())
