from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from fireline.detect.door import Door
from fireline.detect.source import Answer, Event, Inbound, Source
from fireline.errors import SettingsError
from fireline.settings import Settings
from fireline.store.connect import Store, all_rows, one
from tests.detect import delivering
from tests.detect.delivering import SECRET

TOKEN = "token-of-cron"
BEARER = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}


def settings(**server: Any) -> Settings:
    source = {"format": "generic", "token": TOKEN}
    return Settings.model_validate(
        {"server": server, "sources": {"cron": source, "am": source | {"format": "alertmanager"}}}
    )


def run(door: Door, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    door.start()
    try:
        return asyncio.run(work())
    finally:
        door.close()


@pytest.fixture
def door(store: Store) -> Door:
    return Door(store, settings(max_body=5_000))


def send(door: Door, body: bytes, *, source: str = "cron", headers: Any = BEARER, query: Any = None) -> Answer:
    async def work() -> Answer:
        return await door.receive(source, headers, query or {}, body)

    answer: Answer = run(door, work)
    return answer


def test_an_accepted_signal_is_a_row_by_the_time_it_is_answered(door: Door, store: Store) -> None:
    async def work() -> tuple[Answer, list[Any]]:
        answer = await door.receive("cron", BEARER, {}, b'{"summary": "disk full", "password": "hunter2hunter2"}')
        with store.transaction() as conn:
            return answer, all_rows(conn, "SELECT * FROM signal")

    answer, rows = run(door, work)
    assert (answer.status, answer.body) == (202, {"status": "accepted", "signal": rows[0]["id"]})
    assert len(rows) == 1
    assert rows[0]["source"] == "cron"
    assert rows[0]["body"] == {"summary": "disk full", "password": "«redacted»"}
    assert rows[0]["events"][0]["title"] == "disk full"
    assert rows[0]["taken_at"] is None
    with store.transaction() as conn:
        woken = one(conn, "SELECT task_name, args FROM procrastinate_jobs")
        assert woken == {"task_name": "fireline.intake", "args": {"key": "all"}}
        assert one(conn, "SELECT accepted, refused FROM source_state WHERE name = 'cron'") == {
            "accepted": 1,
            "refused": 0,
        }


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"authorization": f"bEaReR  {TOKEN}"}, {}),
        ({"authorization": "Basic " + base64.b64encode(f"anybody:{TOKEN}".encode()).decode()}, {}),
        ({}, {"token": TOKEN}),
        ({"authorization": "Bearer other"}, {"token": TOKEN}),
    ],
)
def test_who_presents_the_token_is_let_in(door: Door, headers: dict[str, str], query: dict[str, str]) -> None:
    assert send(door, b'{"summary": "x"}', headers=headers, query=query).status == 202


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, {}),
        ({}, {"token": ""}),
        ({"authorization": "Bearer"}, {}),
        ({"authorization": "Bearer token-of-cro"}, {}),
        ({"authorization": f"Digest {TOKEN}"}, {}),
        ({"authorization": "Basic !!!"}, {}),
        ({"authorization": "Basic " + base64.b64encode(TOKEN.encode()).decode()}, {}),
        ({"authorization": "Bearer tökén-öf-crön\ud800"}, {"token": "\ud800"}),
    ],
)
def test_who_does_not_is_told_so_and_nothing_is_kept(
    door: Door, store: Store, headers: dict[str, str], query: dict[str, str]
) -> None:
    answer = send(door, b'{"summary": "x"}', headers=headers, query=query)
    assert answer.status == 401
    assert answer.headers == {"WWW-Authenticate": "Bearer"}
    with store.transaction() as conn:
        assert all_rows(conn, "SELECT * FROM signal") == []
        assert one(conn, "SELECT refused, last_refusal FROM source_state") == {
            "refused": 1,
            "last_refusal": "401: the token is absent or wrong",
        }


def test_an_empty_token_in_the_settings_opens_nothing(store: Store) -> None:
    open_to_all = Settings.model_validate({"sources": {"cron": {"format": "generic", "token": ""}}})
    assert send(Door(store, open_to_all), b'{"summary": "x"}', headers={}, query={"token": ""}).status == 401


@pytest.mark.parametrize(
    ("source", "body", "status", "said"),
    [
        ("nobody", b"{}", 404, "no source 'nobody'"),
        ("cron", b"", 400, "no summary"),
        (
            "cron",
            b"{",
            400,
            "the body is not JSON: expecting property name enclosed in double quotes at line 1 column 2",
        ),
        ("cron", b'{"summary": "\xff"}', 400, "the body is not UTF-8: byte 13"),
        ("cron", b"[" * 5_000, 400, "the body is nested deeper than 64 levels"),
        ("cron", b'"' + b"x" * 5_000 + b'"', 413, "the body has 5002 bytes, more than 5000"),
        ("am", b'{"version": "1", "alerts": []}', 400, 'not an Alertmanager notification: version is 1, not "4"'),
    ],
)
def test_a_refusal_says_why_in_one_line(
    door: Door, store: Store, source: str, body: bytes, status: int, said: str
) -> None:
    answer = send(door, body, source=source)
    assert isinstance(answer.body, dict)
    assert (answer.status, answer.body["error"]) == (status, said)
    assert door.counted == {(source if source != "nobody" else "(unknown)", status): 1}
    with store.transaction() as conn:
        assert all_rows(conn, "SELECT * FROM signal") == []


def test_names_nobody_configured_do_not_fill_the_store(door: Door, store: Store) -> None:
    async def work() -> None:
        for number in range(50):
            assert (await door.receive(f"guess-{number}", {}, {}, b"")).status == 404

    run(door, work)
    with store.transaction() as conn:
        assert all_rows(conn, "SELECT name, refused FROM source_state") == [{"name": "(unknown)", "refused": 50}]


def test_a_large_body_is_taken_too(store: Store) -> None:
    body = json.dumps([{"summary": f"alert {number}", "details": "d" * 500} for number in range(1000)]).encode()
    assert len(body) > 500_000
    assert send(Door(store, settings()), body).status == 202
    with store.transaction() as conn:
        assert one(conn, "SELECT jsonb_array_length(events) AS events FROM signal") == {"events": 1000}


def test_a_format_that_is_not_on_the_shelf_is_a_fault_of_the_settings(store: Store) -> None:
    wrong = Settings.model_validate({"sources": {"am": {"format": "alertmanger", "token": TOKEN}}})
    with pytest.raises(SettingsError, match=r"sources\.am\.format: no format 'alertmanger'; did you mean alertmanager"):
        Door(store, wrong)


def test_what_postgresql_can_not_keep_costs_nobody_else_their_place(store: Store) -> None:
    door = Door(store, settings())

    async def work() -> list[Answer]:
        bodies = [b'{"summary": "good %d"}' % number for number in range(20)]
        bodies.insert(7, b'{"summary": "bad", "number": 1' + b"0" * 4000 + b"}")
        bodies.insert(9, b'{"summary": "odd \\u0000 \\ud800"}')
        return await asyncio.gather(*(door.receive("cron", BEARER, {}, body) for body in bodies))

    answers = run(door, work)
    assert {answer.status for answer in answers} == {202}
    with store.transaction() as conn:
        assert len(all_rows(conn, "SELECT id FROM signal")) == 22


def test_a_parser_that_breaks_keeps_the_delivery_as_an_alert_of_its_own(
    door: Door, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(inbound: Inbound) -> list[Event]:
        raise KeyError("nobody thought of that")

    monkeypatch.setattr(door, "_formats", {"generic": Source("generic", "breaks", broken)})
    assert send(door, b'{"odd": 1, "password": "hunter2hunter2"}').status == 202
    with store.transaction() as conn:
        [signal] = all_rows(conn, "SELECT body, events FROM signal")
    assert signal["body"] == {"odd": 1, "password": "«redacted»"}
    assert signal["events"][0]["title"] == "a delivery from cron could not be read"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"format": "generic", "secret": "a secret of theirs"}, "sources.x.token: is needed"),
        ({"format": "generic", "token": TOKEN, "secret": "a secret"}, "sources.x.secret: generic signs nothing"),
        ({"format": "generic", "token": TOKEN, "options": {"odd": 1}}, "sources.x.options"),
    ],
)
def test_a_source_that_could_not_prove_who_it_is_is_a_fault_of_the_settings(
    store: Store, source: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        Door(store, Settings.model_validate({"sources": {"x": source}}))


def test_a_source_that_signs_needs_no_token(store: Store) -> None:
    body = b'{"action": "created", "data": {}}'
    door = Door(store, Settings.model_validate({"sources": {"sentry": {"format": "sentry", "secret": SECRET}}}))
    signed = {"sentry-hook-signature": delivering.signature(body), "sentry-hook-resource": "installation"}
    assert send(door, body, source="sentry", headers=signed).status == 200


def test_a_source_that_signs_is_refused_without_its_signature(store: Store) -> None:
    door = Door(store, Settings.model_validate({"sources": {"sentry": {"format": "sentry", "secret": SECRET}}}))
    answer = send(door, b"{}", source="sentry", headers={})
    assert (answer.status, answer.body) == (
        401,
        {"error": "the signature is absent: no Sentry-Hook-Signature", "hint": "Set the secret at the sender too."},
    )


def test_a_delivery_is_told_apart_by_its_query_and_its_path_too(door: Door, store: Store) -> None:
    async def work() -> None:
        for summary in ("a", "a", "b"):
            await door.receive("cron", BEARER, {"summary": summary}, b"")

    run(door, work)
    with store.transaction() as conn:
        digests = [bytes(row["digest"]) for row in all_rows(conn, "SELECT digest FROM signal ORDER BY id")]
    assert digests[0] == digests[1] != digests[2]


def test_what_breaks_parser_and_answer_is_kept_and_answered_all_the_same(
    door: Door, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(door._formats, "generic", Source("generic", "", broken, answer=broken))
    answer = send(door, b'{"summary": "x"}')
    assert answer.status == 202
    with store.transaction() as conn:
        (row,) = all_rows(conn, "SELECT id, events FROM signal")
    assert answer.body == {"status": "accepted", "signal": row["id"]}
    assert row["events"][0]["title"] == "a delivery from cron could not be read"
