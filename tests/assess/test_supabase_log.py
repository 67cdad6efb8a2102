"""Supabase's logs, from a real server that answers as the Management API does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from fireline.assess import supabase_log
from fireline.assess.supabase_log import MOST_ROWS, read
from fireline.redact import Secret
from fireline.settings import SupabaseSettings
from tests.systems.peer import Handler, Peer, running

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
QUARTER = NOW - timedelta(minutes=15)
PATH = "/v1/projects/abcdefghijklmnopqrst/analytics/endpoints/logs"
TOKEN = "sbp_0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def api() -> Iterator[Peer]:
    with running() as peer:
        yield peer


def project(peer: Peer) -> SupabaseSettings:
    return SupabaseSettings(project="abcdefghijklmnopqrst", token=Secret(TOKEN), api=peer.url)


def row(seconds: float, message: str, severity: str = "ERROR", **more: Any) -> dict[str, Any]:
    """A row as ClickHouse gives it: times in UTC without saying so, every attribute a text, one that is missing empty."""
    at = f"{NOW - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%f}".removesuffix("+00:00")
    empty = dict.fromkeys(("code", "pid", "user", "dbname", "host", "detail", "hint", "statement", "context"), "")
    return {
        "id": f"{seconds} {message}",
        "timestamp": at,
        "event_message": message,
        "severity": severity,
        **empty,
        **more,
    }


def asked(peer: Peer) -> list[dict[str, str]]:
    return [{name: values[0] for name, values in parse_qs(urlsplit(path).query).items()} for path, _ in peer.asked]


def test_rows_become_entries_the_oldest_first(api: Peer) -> None:
    full = {
        "code": "23505", "pid": "4711", "user": "authenticator", "dbname": "postgres", "host": "10.0.0.5:52144",
        "detail": "Key (id)=(1) already exists.", "hint": "h", "statement": "INSERT INTO a", "context": "c",
    }  # fmt: skip
    newest = row(5, "connection received: host=::1 port=7", "LOG", code="00000", host="::1")
    api.answer(PATH, {"result": [newest, row(60, "duplicate key value", **full), row(2000, "old")], "error": None})
    tail = read(project(api), QUARTER, NOW)
    first, second = tail.said
    assert (first.severity, first.message, first.at) == ("ERROR", "duplicate key value", NOW - timedelta(seconds=60))
    assert (first.code, first.pid, first.user, first.database, first.host) == (
        "23505",
        4711,
        "authenticator",
        "postgres",
        "10.0.0.5",
    )
    assert (first.detail, first.hint, first.statement, first.context) == (full["detail"], "h", "INSERT INTO a", "c")
    assert (second.severity, second.code, second.host, second.pid) == ("LOG", "", "::1", None)
    assert (tail.path, tail.whole) == ("Supabase's logs of abcdefghijklmnopqrst", True)


def test_the_question_is_one_get_with_the_window_and_the_token(api: Peer) -> None:
    api.answer(PATH, {"result": []})
    assert read(project(api), QUARTER, NOW).said == ()
    (question,) = asked(api)
    assert (question["iso_timestamp_start"], question["iso_timestamp_end"]) == (
        "2026-11-23T02:45:00Z",
        "2026-11-23T03:01:00Z",
    )
    sql = question["sql"]
    assert re.match(
        r"SELECT id, timestamp, event_message, log_attributes\['parsed\.error_severity'\] AS severity,", sql
    )
    assert "FROM logs WHERE source = 'postgres_logs'" in sql
    assert sql.endswith(f"ORDER BY timestamp DESC LIMIT {MOST_ROWS}")
    assert api.asked[0][1]["authorization"] == f"Bearer {TOKEN}"


def test_more_than_a_day_is_not_asked_for_and_that_is_said(api: Peer) -> None:
    api.answer(PATH, {"result": [row(5, "x")]})
    assert not read(project(api), NOW - timedelta(days=30), NOW).whole
    start, end = (datetime.fromisoformat(asked(api)[0][f"iso_timestamp_{side}"]) for side in ("start", "end"))
    assert timedelta(hours=23) < end - start < timedelta(hours=24)


def test_when_it_is_too_much_the_grave_things_are_asked_for_by_themselves(api: Peer) -> None:
    def page(handler: Handler) -> None:
        grave = "IN%20" in handler.path or "IN+" in handler.path
        rows = [row(1 + number / 1000, "connection authorized: user=a", "LOG") for number in range(MOST_ROWS)]
        answered = Peer()
        answered.answer("/", {"result": [row(600, "the root of it"), rows[0]] if grave else rows})
        answered.pages["/"](handler)

    api.pages[PATH] = page
    tail = read(project(api), QUARTER, NOW)
    assert not tail.whole
    assert (len(tail.said), tail.said[0].message) == (MOST_ROWS + 1, "the root of it")
    assert "('PANIC', 'FATAL', 'ERROR', 'WARNING')" in asked(api)[1]["sql"]


@pytest.mark.parametrize(
    ("status", "body", "because"),
    [
        (401, {"message": "Unauthorized"}, "does not accept the token"),
        (402, {}, "plan"),
        (403, {}, "analytics_logs_read"),
        (404, {}, "no such project"),
        (429, {}, "too often"),
        (500, "oops", "it answers (500)"),
        (302, "", "it answers (302)"),
        (200, {"result": None, "error": "Backend error! Retry your query.\nsbp_" + 40 * "a"}, "Backend error! Retry your query. «redacted»"),
        (200, {"error": {"message": "Unknown identifier", "code": 47}}, "Unknown identifier"),
        (200, {"error": None}, "holds no result"),
        (200, "<html>", "not JSON"),
        (200, "[1]", "not what was expected"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_one_line_without_secrets(api: Peer, status: int, body: Any, because: str) -> None:
    api.answer(PATH, body, status)
    with pytest.raises(OSError, match=f"^Supabase's logs can not be read: .*{re.escape(because)}") as told:
        read(project(api), QUARTER, NOW)
    assert TOKEN not in str(told.value)
    assert "\n" not in str(told.value)


def test_who_answers_late_or_without_end_is_cut_off(api: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supabase_log, "SECONDS", 0.3)
    for page, because in ((api.hang, "no answer within"), (api.drip, "no answer within")):
        page(PATH)
        with pytest.raises(OSError, match=because):
            read(project(api), QUARTER, NOW)
    monkeypatch.setattr(supabase_log, "SECONDS", 5)
    monkeypatch.setattr(supabase_log, "MOST_BYTES", 200_000)
    api.flood(PATH)
    with pytest.raises(OSError, match="longer than 200000 bytes"):
        read(project(api), QUARTER, NOW)
    gone = SupabaseSettings(project="x", token=Secret(TOKEN), api="http://127.0.0.1:1")
    with pytest.raises(OSError, match="refused"):
        read(gone, QUARTER, NOW)


def test_odd_rows_are_passed_over(api: Peer) -> None:
    odd = [
        None,
        7,
        {},
        row(9, ""),
        {**row(9, "x"), "timestamp": "yesterday"},
        {**row(9, "micros"), "timestamp": int(NOW.timestamp() * 1e6)},
    ]
    api.answer(PATH, {"result": odd})
    assert [(one.message, one.at) for one in read(project(api), QUARTER, NOW).said] == [("micros", NOW)]


def test_a_token_is_sent_only_where_it_is_encrypted_and_a_project_is_a_name() -> None:
    for api in ("http://api.example", "ftp://x", "http://localhost.example", "https://"):
        with pytest.raises(ValidationError, match="must begin with https://"):
            SupabaseSettings(project="x", token=Secret(TOKEN), api=api)
    with pytest.raises(ValidationError):
        SupabaseSettings(project="x/../y", token=Secret(TOKEN))
