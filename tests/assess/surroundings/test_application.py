"""The team's own pages, on a real server."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fireline import clock
from fireline.assess.surrounding import Circumstances, Seen
from fireline.assess.surroundings.application import ApplicationSettings, surrounding
from tests.systems import peer as peers
from tests.systems.peer import Peer


def ask(url: str, **own: Any) -> Seen:
    """What the one page's question answers."""
    page = ApplicationSettings.model_validate({"url": url, "timeout": "5s", **own})
    (question,) = surrounding.questions({"shop": page}, Circumstances())
    assert question.name == "shop"
    seen = question.ask()
    assert seen is not None
    return seen


def test_a_page_that_answers_is_well_with_its_figures(peer: Peer) -> None:
    peer.answer("/health", "database: ok")
    seen = ask(f"{peer.url}/health", expect="ok")
    assert (seen.state, seen.title) == ("well", "answers 200")
    assert seen.detail.startswith("in ")
    assert seen.facts | {"ms": 0} == {
        "url": f"{peer.url}/health", "status": 200, "ms": 0, "redirects": 0, "tls_days_left": None, "expected_text": True,
    }  # fmt: skip


@pytest.mark.parametrize(("wanted", "status", "state"), [(None, 204, "well"), (None, 503, "ailing"), (None, 404, "ailing"),
                                                         (401, 401, "well"), (401, 200, "ailing")])  # fmt: skip
def test_the_status_decides(peer: Peer, wanted: int | None, status: int, state: str) -> None:
    peer.answer("/", status=status)
    seen = ask(peer.url, **({"status": wanted} if wanted else {}))
    assert seen.state == state
    assert (f"answers {status} instead of {wanted or 200}" == seen.title) is (state == "ailing")


def test_a_body_without_the_expected_text_ails(peer: Peer) -> None:
    peer.answer("/", "Maintenance, please come back")
    seen = ask(peer.url, expect="Sign in")
    assert (seen.state, seen.facts["expected_text"]) == ("ailing", False)
    assert seen.title == "answers 200, but “Sign in” is not in its body"


def test_a_body_that_is_too_long_to_search_is_unknown(peer: Peer) -> None:
    peer.flood("/")
    seen = ask(peer.url, expect="Sign in")
    assert (seen.state, seen.title) == ("unknown", "“Sign in” is not in the first megabyte of its body")


def test_without_an_expected_text_the_body_is_not_waited_for(peer: Peer) -> None:
    peer.flood("/")
    assert ask(peer.url).state == "well"


def test_who_does_not_answer_in_time_is_unknown_and_never_well(peer: Peer) -> None:
    peer.hang("/")
    seen = ask(peer.url, timeout="200ms")
    assert (seen.state, seen.title) == ("unknown", "no answer within 0.2 s")


def test_a_refused_connection_is_an_answer() -> None:
    seen = ask("http://127.0.0.1:1/")
    assert (seen.state, seen.title) == ("ailing", "the connection is refused: nothing listens there")


def test_a_name_without_address_may_be_our_own_trouble() -> None:
    assert ask("http://nobody.invalid/").state == "unknown"


def test_a_certificate_that_nobody_trusts_ails(tmp_path: Path) -> None:
    tls, _ = peers.certificate(tmp_path)
    with peers.running(tls) as peer:
        seen = ask(peer.url)
    assert seen.state == "ailing"
    assert seen.title == "its TLS certificate is not trusted: self-signed certificate"


def test_the_days_left_of_a_certificate_are_told(tmp_path: Path) -> None:
    tls, file = peers.certificate(tmp_path, days=30)
    with peers.running(tls) as peer:
        peer.answer("/", "fine")
        seen = ask(peer.url, ca=file)
        with clock.moved(timedelta(days=20)):
            later = ask(peer.url, ca=file)
    assert (seen.state, seen.facts["tls_days_left"]) == ("well", 29)
    assert seen.detail.endswith("certificate good for 29 days")
    assert later.detail.endswith("certificate ends in 9 days")


def test_redirects_are_followed_and_counted(peer: Peer) -> None:
    peer.answer("/", status=301, Location="/home")
    peer.answer("/home", "home")
    assert ask(peer.url, expect="home").detail.endswith("after 1 redirect")
    peer.answer("/round", status=302, Location="/round")
    assert ask(f"{peer.url}/round").title == "it redirects more than 5 times"


def test_what_is_secret_in_a_url_is_sent_and_never_shown(peer: Peer) -> None:
    peer.answer("/health", "fine")
    url = peer.url.replace("http://", "http://ann:open-sesame@")
    seen = ask(f"{url}/health?token=abcdef123456")
    assert peer.asked[0][0] == "/health?token=abcdef123456"
    assert peer.asked[0][1]["authorization"].startswith("Basic ")
    assert not any(secret in json.dumps([seen.title, seen.detail, seen.facts]) for secret in ("sesame", "abcdef"))
    assert "open-sesame" not in repr(ApplicationSettings(url=url))
