from __future__ import annotations

import ssl
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fireline.communicate.channel import Message
from fireline.communicate.channels.email import EmailSettings, channel, compose
from fireline.errors import DeliveryError
from fireline.redact import Secret
from tests.communicate import peers
from tests.communicate.peers import Mailbox


def settings(mailbox: Mailbox | None = None, **own: Any) -> EmailSettings:
    port = {"port": mailbox.port} if mailbox else {}
    return EmailSettings.model_validate(
        {"host": "127.0.0.1", "security": "plain", "sender": "fireline@example.org", "timeout": "5s", **port, **own}
    )


def message(**changed: Any) -> Message:
    usual: dict[str, Any] = {
        "id": "message-7-20260105030000000000",
        "thread": "incident-1-20260105030000000000",
        "event": "opened",
        "address": "ann@example.org",
        "subject": "[P1] INC-1 Disk full",
        "text": "INC-1 is open: Disk full – 97 %\n\nhttp://fireline/incidents/1",
        "first": True,
        "acknowledge_url": "http://fireline/ack/abc",
    }
    return Message(**usual | changed)


def content(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert isinstance(part, EmailMessage)
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def test_a_mail_arrives_as_text_and_html_with_a_link_to_acknowledge(mailbox: Mailbox) -> None:
    channel.send(settings(mailbox), message())
    (mail,) = mailbox.mails
    assert mailbox.recipients == [["ann@example.org"]]
    assert mail["Subject"] == "[P1] INC-1 Disk full"
    assert (mail["From"], mail["To"]) == ("Fireline <fireline@example.org>", "ann@example.org")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert content(mail, "plain") == (
        "INC-1 is open: Disk full – 97 %\n\nhttp://fireline/incidents/1\n\n"
        "Acknowledge with one click:\nhttp://fireline/ack/abc\n"
    )
    assert '<a href="http://fireline/ack/abc">http://fireline/ack/abc</a>' in content(mail, "html")


def test_every_try_has_the_same_id_and_every_message_is_in_the_thread_of_its_incident(mailbox: Mailbox) -> None:
    for changed in ({}, {}, {"id": "message-8-20260105030100000000", "event": "resolved", "first": False}):
        channel.send(settings(mailbox), message(**changed))
    first, again, last = mailbox.mails
    assert first["Message-ID"] == again["Message-ID"] == "<message-7-20260105030000000000@example.org>"
    assert last["Message-ID"] != first["Message-ID"]
    assert {mail["References"] for mail in mailbox.mails} == {"<incident-1-20260105030000000000@example.org>"}
    assert {mail["In-Reply-To"] for mail in mailbox.mails} == {"<incident-1-20260105030000000000@example.org>"}
    assert last["Subject"] == "Re: [P1] INC-1 Disk full"


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: eve@example.org", "x\nX-Evil: 1", "x\r\n\r\n<b>body</b>", "x\x00\x0b\u2028y"]
)
def test_a_title_can_not_become_a_header(mailbox: Mailbox, evil: str) -> None:
    channel.send(settings(mailbox), message(subject=evil, event=evil))
    (mail,) = mailbox.mails
    assert mailbox.recipients == [["ann@example.org"]]
    assert "\n" not in mail["Subject"]
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert content(mail, "plain").startswith("INC-1 is open")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@",
        "@example.org",
        "a@b.org, eve@b.org",
        "a@b.org\r\nBcc: eve@b.org",
        "Ann <a@b.org>",
        "a b@c.org",
    ],
)
def test_an_address_that_is_none_is_never_tried(address: str) -> None:
    with pytest.raises(DeliveryError, match="no mail can be sent to") as failed:
        channel.send(settings(), message(address=address))
    assert failed.value.permanent


def test_html_in_a_text_stays_text(mailbox: Mailbox) -> None:
    channel.send(settings(mailbox), message(text="<script>alert(1)</script> see http://x/?a=1&b=<2>"))
    rich = content(mailbox.mails[0], "html")
    assert "<script>" not in rich
    assert '<a href="http://x/?a=1&amp;b=">' in rich


def test_long_lines_and_every_script_of_the_world_arrive_whole(mailbox: Mailbox) -> None:
    text = "ü" * 2_000 + "\n.\n..\nFrom here 日本語 😀"
    channel.send(settings(mailbox), message(text=text, subject="[P1] INC-1 日本語 ü " + "x" * 300))
    (mail,) = mailbox.mails
    assert mail["Subject"] == "[P1] INC-1 日本語 ü " + "x" * 300
    assert content(mail, "plain").startswith(text)


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [("451 try again later", False), ("421 going down", False), ("552 too large", True), ("550 5.7.1 spam", True)],
)
def test_a_refusal_of_the_mail_is_temporary_or_for_ever(mailbox: Mailbox, answer: str, permanent: bool) -> None:
    mailbox.answers = [answer]
    with pytest.raises(DeliveryError) as failed:
        channel.send(settings(mailbox), message())
    assert failed.value.permanent is permanent
    assert answer.partition(" ")[2] in failed.value.message


@pytest.mark.parametrize(("answer", "permanent"), [("450 greylisted", False), ("550 no such user", True)])
def test_a_refusal_of_the_recipient_likewise(mailbox: Mailbox, answer: str, permanent: bool) -> None:
    mailbox.to_rcpt = [answer]
    with pytest.raises(DeliveryError, match=answer) as failed:
        channel.send(settings(mailbox), message())
    assert failed.value.permanent is permanent
    assert mailbox.mails == []


def test_a_connection_that_breaks_in_the_middle_of_the_mail_is_temporary(mailbox: Mailbox) -> None:
    mailbox.drop_at_data = 1
    with pytest.raises(DeliveryError) as failed:
        channel.send(settings(mailbox), message())
    assert not failed.value.permanent
    channel.send(settings(mailbox), message())
    assert len(mailbox.mails) == 1


def test_a_server_that_is_not_there_or_says_nothing_is_temporary() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = settings(port=silent.getsockname()[1], timeout="50ms")
        with pytest.raises(DeliveryError, match=r"127\.0\.0\.1 can not be reached") as failed:
            channel.send(mute, message())
        assert not failed.value.permanent
    with pytest.raises(DeliveryError, match="can not be reached") as gone:
        channel.send(mute, message())
    assert not gone.value.permanent


def test_a_login_is_used_and_a_wrong_one_can_still_be_mended() -> None:
    with peers.smtp(login=True) as mailbox:
        channel.send(settings(mailbox, username="fireline", password="hunter2hunter2"), message())
        assert mailbox.logins == [("fireline", "hunter2hunter2")]
        with pytest.raises(DeliveryError, match="535") as failed:
            channel.send(settings(mailbox, username="fireline", password=Secret("wrong-password")), message())
    assert not failed.value.permanent
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_the_connection_is_encrypted_and_the_certificate_is_looked_at(
    certificate: ssl.SSLContext, security: str
) -> None:
    tls, starttls = (certificate, None) if security == "tls" else (None, certificate)
    with peers.smtp(tls=tls, starttls=starttls) as mailbox:
        with pytest.raises(DeliveryError, match=r"(?i)certificate") as failed:
            channel.send(settings(mailbox, security=security), message())
        assert not failed.value.permanent
        channel.send(settings(mailbox, security=security, verify=False), message())
    assert len(mailbox.mails) == 1


def test_without_encryption_on_offer_nothing_is_sent(mailbox: Mailbox) -> None:
    with pytest.raises(DeliveryError, match="STARTTLS") as failed:
        channel.send(settings(mailbox, security="starttls"), message())
    assert not failed.value.permanent
    assert mailbox.mails == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "fireline"},
        {"sender": "a@b.org\nBcc: c@d.org"},
        {"host": ""},
        {"port": 0},
        {"security": "ssl"},
        {"hots": "x"},
    ],
)
def test_settings_that_can_not_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_the_usual_ports_are_known() -> None:
    assert EmailSettings(host="x", sender="a@b.org").timeout == timedelta(seconds=10)
    assert EmailSettings(host="x", sender="a@b.org").security == "starttls"


@given(st.text(), st.text(), st.text(max_size=30))
def test_any_text_makes_a_mail_that_can_be_sent(subject: str, text: str, event: str) -> None:
    mail = compose(settings(), message(subject=subject, text=text, event=event))
    head, _, _ = mail.as_bytes().partition(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(
        [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References", b"Auto-Submitted",
         b"X-Fireline-Event", b"MIME-Version", b"Content-Type"]
    )  # fmt: skip
