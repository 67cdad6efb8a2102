"""A page that is watched: status, text, latency, certificate, and no answer at all."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fireline.detect.probe import Result, look
from fireline.detect.probes.http import judged
from fireline.settings import ProbeSettings
from fireline.systems.condition import Condition
from tests.systems import peer as peers
from tests.systems.peer import Peer


@pytest.fixture
def peer() -> Iterator[Peer]:
    with peers.running() as running:
        yield running


def ask(url: str, **own: Any) -> Result:
    return look(ProbeSettings.model_validate({"url": url, "timeout": "2s", **own}))


def test_it_is_well_when_it_answers_as_expected(peer: Peer) -> None:
    peer.answer("/", "all is well")
    seen = ask(f"{peer.url}/", expect="is well", latency="2s")
    assert (seen.state, seen.title) == ("well", "answers 200")
    assert ask(f"{peer.url}/", expect="is ill").state == "ailing"
    peer.answer("/", "", 404)
    assert ask(f"{peer.url}/").title == "answers 404 instead of 200"
    assert ask(f"{peer.url}/", status=404).state == "well"


def test_no_answer_is_an_outage_whatever_the_reason(peer: Peer) -> None:
    peer.hang("/")
    assert ask(f"{peer.url}/", timeout="200ms").state == "ailing"
    assert ask("http://127.0.0.1:1/").state == "ailing"
    assert ask("http://nobody.invalid/").state == "ailing"


def test_a_slow_answer_is_ailing() -> None:
    settings = ProbeSettings.model_validate({"url": "http://x/", "latency": "500ms"})
    assert judged(settings, Condition("well", "answers 200", facts={"ms": 501})).title.endswith("slower than 500 ms")
    assert judged(settings, Condition("well", "answers 200", facts={"ms": 500})).state == "well"


def test_a_certificate_that_ends_soon_is_ailing(tmp_path: Path) -> None:
    context, file = peers.certificate(tmp_path, days=20)
    assert isinstance(context, ssl.SSLContext)
    with peers.running(context) as secured:
        secured.answer("/", "fine")
        assert ask(f"{secured.url}/", ca=str(file), certificate_days=10).state == "well"
        assert ask(f"{secured.url}/", ca=str(file), certificate_days=30).title == "its certificate ends in 19 days"
        assert "not trusted" in ask(f"{secured.url}/", certificate_days=30).title


def test_a_page_without_a_certificate_is_ailing_where_one_is_wanted(peer: Peer) -> None:
    peer.answer("/", "fine")
    assert ask(f"{peer.url}/", certificate_days=10).title == "answers without a certificate"
