from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import pytest

from fireline.demo.sink import Sink


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    made.start()
    yield made
    made.stop()


def test_it_keeps_what_it_is_sent(sink: Sink) -> None:
    assert httpx.post(sink.url, json={"subject": "INC-1"}, headers={"X-Mark": "a"}).status_code == 204
    assert [one.body for one in sink.messages] == [{"subject": "INC-1"}]
    assert sink.messages[0].headers["x-mark"] == "a"


def test_what_is_not_json_is_refused(sink: Sink) -> None:
    assert httpx.post(sink.url, content=b"{").status_code == 400
    assert sink.messages == []


def test_a_message_is_waited_for(sink: Sink) -> None:
    later = threading.Timer(0.2, lambda: httpx.post(sink.url, json={"subject": "late"}))
    later.start()
    found = sink.wait(lambda one: one.body["subject"] == "late", 10)
    later.join()
    assert found is not None


def test_a_message_that_does_not_come_is_none(sink: Sink) -> None:
    assert sink.wait(lambda _: True, 0.05) is None


def test_it_listens_on_this_machine_alone(sink: Sink) -> None:
    assert sink.url.startswith("http://127.0.0.1:")


def test_one_that_was_never_started_can_be_stopped() -> None:
    Sink().stop()
