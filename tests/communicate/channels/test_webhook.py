from __future__ import annotations

import hashlib
import hmac
import json
import socket
import ssl
import threading
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline import clock
from fireline.communicate import channel as contract
from fireline.communicate.channel import Message, TryLater
from fireline.communicate.channels import webhook
from fireline.communicate.channels.webhook import WebhookSettings, channel
from fireline.errors import DeliveryError
from tests.communicate.peers import Receiver


def settings(**own: Any) -> WebhookSettings:
    return WebhookSettings.model_validate({"timeout": "5s", **own})


def message(url: str, **changed: Any) -> Message:
    usual: dict[str, Any] = {
        "id": "message-7-20260105",
        "thread": "incident-1",
        "event": "opened",
        "address": url,
        "subject": "[P1] INC-1 Disk full",
        "text": "INC-1 is open",
        "url": "http://fireline/incidents/1",
        "acknowledge_url": "http://fireline/ack/abc",
        "data": {"incident": "INC-1", "severity": "P1"},
    }
    return Message(**usual | changed)


def test_the_incident_is_posted_in_sentences_and_in_fields(receiver: Receiver) -> None:
    assert channel.send(settings(), message(f"{receiver.url}/phone?to=ann")).detail == "200"
    ((path, headers, body),) = receiver.requests
    assert path == "/phone?to=ann"
    assert headers["content-type"] == "application/json"
    assert headers["x-fireline-delivery"] == "message-7-20260105"
    assert "x-fireline-signature" not in headers
    assert json.loads(body) == {
        "id": "message-7-20260105",
        "event": "opened",
        "incident": "INC-1",
        "severity": "P1",
        "subject": "[P1] INC-1 Disk full",
        "text": "INC-1 is open",
        "url": "http://fireline/incidents/1",
        "acknowledge_url": "http://fireline/ack/abc",
    }


def test_the_signature_is_over_the_body_as_it_is_sent(receiver: Receiver) -> None:
    channel.send(settings(secret="a-secret-of-ours"), message(receiver.url, text="ü 日本"))
    ((_, headers, body),) = receiver.requests
    wanted = hmac.new(b"a-secret-of-ours", body, hashlib.sha256).hexdigest()
    assert headers["x-fireline-signature"] == f"sha256={wanted}"


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, True), (404, True), (410, True), (408, False), (429, False), (500, False), (503, False)],
)
def test_an_answer_is_temporary_or_for_ever(receiver: Receiver, status: int, permanent: bool) -> None:
    receiver.answers = [(status, {})]
    with pytest.raises(DeliveryError, match=f"answered {status}") as failed:
        channel.send(settings(), message(receiver.url))
    assert failed.value.permanent is permanent
    assert channel.send(settings(), message(receiver.url)).detail == "200"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("99999", 900), ("Mon, 05 Jan 2026 03:00:30 GMT", None), ("soon", None), ("-5", None)],
)
def test_a_receiver_may_say_when_to_come_back(receiver: Receiver, value: str, seconds: int | None) -> None:
    receiver.answers = [(429, {"Retry-After": value})]
    with pytest.raises(DeliveryError) as failed:
        channel.send(settings(), message(receiver.url))
    assert not failed.value.permanent
    assert (failed.value.after if isinstance(failed.value, TryLater) else None) == (
        timedelta(seconds=seconds) if seconds else None
    )


def test_a_date_to_come_back_at_counts_from_now(receiver: Receiver) -> None:
    then = clock.now() + timedelta(seconds=100)
    receiver.answers = [(503, {"Retry-After": f"{then:%a, %d %b %Y %H:%M:%S} GMT"})]
    with pytest.raises(TryLater) as failed:
        channel.send(settings(), message(receiver.url))
    assert timedelta(seconds=90) < failed.value.after <= timedelta(seconds=100)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    receiver.answers = [(status, {"Location": f"{receiver.url}/elsewhere"})]
    with pytest.raises(DeliveryError, match="redirects elsewhere") as failed:
        channel.send(settings(), message(receiver.url))
    assert failed.value.permanent
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("address", ["", "phone", "ftp://x/y", "http://", "http://[::1", "javascript:alert(1)"])
def test_an_address_that_is_no_url_is_given_up(address: str) -> None:
    with pytest.raises(DeliveryError, match="no URL to post to") as failed:
        channel.send(settings(), message(address))
    assert failed.value.permanent


def test_nobody_there_is_temporary() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(DeliveryError, match="can not be reached") as failed:
        channel.send(settings(), message(f"http://127.0.0.1:{port}/"))
    assert not failed.value.permanent


def test_who_accepts_and_never_answers_does_not_hold_us_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(DeliveryError) as failed:
        channel.send(settings(timeout="50ms"), message(f"http://127.0.0.1:{silent.getsockname()[1]}/"))
    assert not failed.value.permanent


def test_who_answers_a_drop_at_a_time_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "LONGEST_SEND", 0.3)
    done = threading.Event()

    def drip(server: socket.socket) -> None:
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"HTTP/1.1 200 OK\r\n")
            while not done.wait(0.02):
                peer.sendall(b"X-More: x\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=[server])
        thread.start()
        try:
            with pytest.raises(DeliveryError, match="can not be reached") as failed:
                channel.send(settings(), message(f"http://127.0.0.1:{server.getsockname()[1]}/"))
        finally:
            done.set()
            thread.join()
    assert not failed.value.permanent
    assert contract.LONGEST_SEND == 15.0


def test_a_certificate_nobody_vouches_for_is_not_talked_to(certificate: ssl.SSLContext) -> None:
    def shake(server: socket.socket) -> None:
        peer, _ = server.accept()
        with peer, pytest.raises((ssl.SSLError, OSError)):
            certificate.wrap_socket(peer, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=shake, args=[server])
        thread.start()
        with pytest.raises(DeliveryError, match="CERTIFICATE_VERIFY_FAILED") as failed:
            channel.send(settings(), message(f"https://127.0.0.1:{server.getsockname()[1]}/"))
        thread.join()
    assert not failed.value.permanent


@given(st.text(max_size=40))
def test_any_address_is_a_delivery_error_or_nothing(address: str) -> None:
    with pytest.raises(DeliveryError):
        channel.send(settings(timeout="1ms"), message(f"http://127.0.0.1:1/{address}"))
