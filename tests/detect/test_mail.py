"""The door for mail, with real SMTP clients."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from fireline.detect.door import Door
from fireline.detect.mail import MailDoor, address_parts, document
from fireline.errors import SettingsError
from fireline.settings import Settings
from fireline.store.connect import Store, all_rows

TOKEN = "Token-of-Mail"
SETTINGS = Settings.model_validate(
    {
        "server": {"max_body": 20_000},
        "sources": {"mail": {"format": "email", "token": TOKEN}, "other": {"format": "email", "token": "token-2"}},
    }
)


@pytest.fixture
def door(store: Store) -> Iterator[Door]:
    made = Door(store, SETTINGS)
    made.start()
    yield made
    made.close()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop as a server has one, in a thread of its own."""
    made = asyncio.new_event_loop()
    thread = threading.Thread(target=made.run_forever)
    thread.start()
    yield made
    made.call_soon_threadsafe(made.stop)
    thread.join()
    made.close()


@pytest.fixture
def mail(door: Door, loop: asyncio.AbstractEventLoop) -> Iterator[MailDoor]:
    opened = MailDoor(door, "127.0.0.1:0")
    asyncio.run_coroutine_threadsafe(opened.start(), loop).result(10)
    yield opened
    asyncio.run_coroutine_threadsafe(_close(opened), loop).result(10)


async def _close(opened: MailDoor) -> None:
    opened.close()
    await asyncio.sleep(0.05)  # what is still connected hears of it


def message(subject: str = "Disk full", text: str = "97 %", **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["Message-ID"] = subject, "cron@db1.example.org", "<1@db1>"
    for name, value in headers.items():
        made[name] = value
    made.set_content(text)
    return made


def send(mail: MailDoor, content: EmailMessage | bytes, *to: str) -> Any:
    with smtplib.SMTP("127.0.0.1", mail.port, timeout=10) as client:
        body = content if isinstance(content, bytes) else content.as_bytes()
        return client.sendmail("cron@db1.example.org", list(to), body)


def signals(store: Store) -> list[dict[str, Any]]:
    with store.transaction() as conn:
        return all_rows(conn, "SELECT source, body, events FROM signal ORDER BY received_at")


def test_a_mail_is_a_signal_by_the_time_its_sender_hears_of_it(mail: MailDoor, store: Store) -> None:
    send(mail, message(text="97 %, password=hunter2hunter2"), f"mail+{TOKEN}@fireline.example.org")
    (signal,) = signals(store)
    assert signal["source"] == "mail"
    assert signal["events"][0]["title"] == "Disk full"
    assert signal["body"]["from"] == "cron@db1.example.org"
    assert "hunter2" not in str(signal)
    assert TOKEN not in str(signal)


@pytest.mark.parametrize("address", [f"nobody+{TOKEN}@x", "mail+wrong@x", "mail@x", "mail+token-2@x", "other+@x"])
def test_who_has_no_source_or_a_wrong_token_is_refused_at_once(mail: MailDoor, store: Store, address: str) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mail, message(), address)
    assert refused.value.recipients[address][0] == 550
    assert signals(store) == []


def test_a_mail_to_two_sources_is_a_signal_of_each(mail: MailDoor, store: Store) -> None:
    send(mail, message(), f"mail+{TOKEN}@x", "other+token-2@x")
    assert {signal["source"] for signal in signals(store)} == {"mail", "other"}


def test_one_that_is_too_large_is_refused(mail: MailDoor, store: Store) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        send(mail, message(text="x" * 30_000), f"mail+{TOKEN}@x")
    assert refused.value.smtp_code == 552
    assert signals(store) == []


def test_while_nothing_can_be_kept_the_sender_keeps_it(
    mail: MailDoor, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.close()
    with pytest.raises(smtplib.SMTPDataError) as later:
        send(mail, message(), f"mail+{TOKEN}@x")
    assert later.value.smtp_code == 451


def test_an_address_that_can_not_be_used_is_a_fault_of_the_settings(mail: MailDoor, door: Door) -> None:
    with pytest.raises(SettingsError, match=r"server\.smtp"):
        asyncio.run(MailDoor(door, f"127.0.0.1:{mail.port}").start())
    with pytest.raises(SettingsError, match="is not an address and a port"):
        MailDoor(door, "localhost")


def test_html_is_read_as_its_words() -> None:
    made = EmailMessage()
    made["Subject"] = "Läuft über"
    made.set_content(
        "<html><head><style>p {}</style></head><body><p>Disk&nbsp;full</p><script>x()</script><div>97&#37;</div>",
        subtype="html",
    )
    assert document(made.as_bytes())["text"] == "Disk full\n97%"
    assert document(made.as_bytes())["subject"] == "Läuft über"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"Subject: =?utf-8?B?////?=\r\n\r\nx",
        b"Subject: x\r\nContent-Type: text/plain; charset=nobody-knows\r\n\r\n\xff",
        b"Subject: x\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
        b"Subject: x\r\nDate: the day after tomorrow\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 60,
        b"Subject: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
def test_whatever_a_mail_is_something_is_made_of_it(content: bytes) -> None:
    made = document(content)
    assert set(made) >= {"subject", "text"}
    assert isinstance(made["subject"], str)


def test_the_address_holds_source_and_token() -> None:
    assert address_parts("mail+a+b@host") == ("mail", "a+b")
    assert address_parts('"mail+a"@host') == ("mail", "a")
    assert address_parts("mail") == ("", "")
