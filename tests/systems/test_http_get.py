"""One GET, with everything that the other side may do wrong."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fireline import clock
from fireline.systems.http_get import NoAnswer, get, shown
from tests.systems import peer as peers
from tests.systems.peer import Peer

SHORT = timedelta(milliseconds=300)
LONG = timedelta(seconds=5)


@pytest.fixture
def peer() -> Iterator[Peer]:
    with peers.running() as running:
        yield running


def test_any_status_is_an_answer_with_its_time_and_body(peer: Peer) -> None:
    peer.answer("/well", "all is well")
    peer.answer("/broken", "no", status=503)
    found = get(f"{peer.url}/well", limit=LONG)
    assert (found.status, found.text(), found.whole, found.redirects, found.tls_until) == (
        200, "all is well", True, 0, None,
    )  # fmt: skip
    assert 0 <= found.ms < 5_000
    assert get(f"{peer.url}/broken", limit=LONG).status == 503


def test_who_does_not_answer_is_late(peer: Peer) -> None:
    peer.hang("/")
    began = time.monotonic()
    with pytest.raises(NoAnswer, match=r"no answer within 0\.3 s") as none:
        get(f"{peer.url}/", limit=SHORT)
    assert none.value.kind == "late"
    assert time.monotonic() - began < 3


def test_who_answers_a_drop_at_a_time_is_cut_off(peer: Peer) -> None:
    peer.drip("/")
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="no answer within") as none:
        get(f"{peer.url}/", limit=SHORT)
    assert none.value.kind == "late"
    assert time.monotonic() - began < 3


def test_of_a_body_without_end_only_as_much_as_is_wanted_is_read(peer: Peer) -> None:
    peer.flood("/")
    found = get(f"{peer.url}/", limit=LONG, most=100_000)
    assert (len(found.raw), found.whole) == (100_000, False)
    with pytest.raises(NoAnswer, match="longer than 100000 bytes"):
        found.json()


def test_a_small_packet_that_unpacks_to_a_huge_body_stays_small(peer: Peer) -> None:
    peer.answer("/", gzip.compress(b"0" * 20_000_000), Content_Encoding="gzip")
    assert len(get(f"{peer.url}/", limit=LONG).text(most=1_000)) == 1_000
    assert peer.asked[0][1]["accept-encoding"] == "identity"


@pytest.mark.parametrize(("encoding", "said"), [("gzip", "can not be unpacked"), ("br", "compressed as br")])
def test_a_body_that_can_not_be_unpacked_is_said(peer: Peer, encoding: str, said: str) -> None:
    peer.answer("/", b"\x1f\x8b nonsense", Content_Encoding=encoding)
    with pytest.raises(NoAnswer, match=said):
        get(f"{peer.url}/", limit=LONG).text()


@pytest.mark.parametrize("body", ["<html>", "", "[" * 100_000])
def test_what_is_no_json_is_said(peer: Peer, body: str) -> None:
    peer.answer("/", body)
    with pytest.raises(NoAnswer, match="not JSON"):
        get(f"{peer.url}/", limit=LONG).json()


def test_a_charset_nobody_knows_does_no_harm(peer: Peer) -> None:
    peer.answer("/", "grün".encode(), Content_Type="text/plain; charset=klingon")
    assert get(f"{peer.url}/", limit=LONG).text() == "grün"


def test_redirects_are_followed_a_few_times_or_not_at_all(peer: Peer) -> None:
    peer.answer("/old", status=302, Location="/new")
    peer.answer("/new", "here")
    peer.answer("/round", status=302, Location="/round")
    found = get(f"{peer.url}/old", limit=LONG)
    assert (found.status, found.redirects) == (200, 1)
    assert get(f"{peer.url}/old", limit=LONG, redirects=0).status == 302
    with pytest.raises(NoAnswer, match="redirects more than 5 times"):
        get(f"{peer.url}/round", limit=LONG)


def test_nobody_there_no_such_name_and_no_url_are_told_apart(peer: Peer) -> None:
    kinds = {}
    for url in ("http://127.0.0.1:1/", "http://nobody.invalid/", "ftp://127.0.0.1/", "http://"):
        with pytest.raises(NoAnswer) as none:
            get(url, limit=LONG)
        kinds[url] = none.value.kind
    assert list(kinds.values()) == ["refused", "name", "other", "other"]


def test_a_server_that_hangs_up_is_no_answer(peer: Peer) -> None:
    peer.pages["/"] = lambda handler: handler.connection.close()
    with pytest.raises(NoAnswer, match="no answer"):
        get(f"{peer.url}/", limit=LONG)


def test_a_certificate_nobody_vouches_for_is_not_trusted(tmp_path: Path) -> None:
    tls, _ = peers.certificate(tmp_path)
    with peers.running(tls) as peer, pytest.raises(NoAnswer, match="not trusted: self-signed certificate") as none:
        get(f"{peer.url}/", limit=LONG)
    assert none.value.kind == "tls"


def test_with_an_authority_of_ones_own_the_end_of_the_certificate_is_known(tmp_path: Path) -> None:
    tls, file = peers.certificate(tmp_path, days=30)
    with peers.running(tls) as peer:
        peer.answer("/", "fine")
        found = get(f"{peer.url}/", limit=LONG, ca=file)
    assert found.tls_until is not None
    assert timedelta(days=29) < found.tls_until - clock.now() <= timedelta(days=30)


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    tls, file = peers.certificate(tmp_path, name="DNS:elsewhere.example.org")
    with peers.running(tls) as peer, pytest.raises(NoAnswer, match=r"not valid for '127\.0\.0\.1'"):
        get(f"{peer.url}/", limit=LONG, ca=file)


def test_http_where_tls_is_spoken_is_told(peer: Peer) -> None:
    with pytest.raises(NoAnswer, match="TLS fails") as none:
        get(peer.url.replace("http:", "https:"), limit=LONG)
    assert none.value.kind == "tls"


def test_certificates_that_can_not_be_read_are_told(tmp_path: Path, peer: Peer) -> None:
    with pytest.raises(NoAnswer, match="can not be read"):
        get(peer.url, limit=LONG, ca=tmp_path / "missing.pem")


def test_a_url_is_shown_without_what_is_secret_in_it() -> None:
    told = shown("https://ann:open-sesame@shop.example.org:8443/health?token=abcdef&deep=1#part")
    assert told == "https://shop.example.org:8443/health?token=…&deep=…"
