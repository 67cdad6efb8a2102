"""Mail through an SMTP server: plain text with a simple HTML twin, one thread an incident."""

from __future__ import annotations

import asyncio
import html
import re
from contextlib import suppress
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal, cast

import aiosmtplib
from pydantic import Field, field_validator

from fireline import clock
from fireline.communicate.channel import LONGEST_SEND, Channel, Message, Receipt
from fireline.errors import DeliveryError
from fireline.settings import Duration, Model, SecretText

_PERMANENT = 500  # SMTP: 4xx may pass, 5xx will not
_NOT_OUR_FAULT_FOR_EVER = (530, 534, 535, 538)  # the password or the server's mind: somebody mends it, the mail waits
_PORTS = {"starttls": 587, "tls": 465, "plain": 25}
_URL = re.compile(r"https?://[^\s<>\"]+")


class EmailSettings(Model):
    """The SMTP server that mail leaves through."""

    host: str = Field(min_length=1, description="name or address of the SMTP server")
    port: int | None = Field(None, ge=1, le=65535, description="587 for starttls, 465 for tls, 25 for plain")
    security: Literal["starttls", "tls", "plain"] = Field("starttls", description="how the connection is encrypted")
    verify: bool = Field(True, description="check the server's certificate; false only for one you made yourself")
    username: str | None = Field(None, description="login; none for a server that needs none")
    password: SecretText | None = Field(None, description="its password")
    sender: str = Field(description="address that mail comes from: fireline@example.org")
    timeout: Duration = Field(timedelta(seconds=10), description="of one step of the conversation")

    @field_validator("sender")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        _address(value)
        return value


def send(settings: EmailSettings, message: Message) -> Receipt:
    """One mail to one address, or DeliveryError."""
    try:
        mail = compose(settings, message)
    except (ValueError, MessageError) as wrong:
        raise DeliveryError(f"no mail can be sent to {message.address!r}: {wrong}", permanent=True) from None
    try:
        return asyncio.run(asyncio.wait_for(_send(settings, mail, message.address), LONGEST_SEND))
    except aiosmtplib.SMTPRecipientsRefused as refused:
        raise _refused(refused.recipients[0].code, refused.recipients[0].message) from None
    except aiosmtplib.SMTPResponseException as refused:
        raise _refused(refused.code, refused.message) from None
    except (aiosmtplib.SMTPException, TimeoutError, OSError) as away:
        said = " ".join(str(away).split()) or type(away).__name__
        raise DeliveryError(f"{settings.host} can not be reached: {said}", permanent=False) from None


async def _send(settings: EmailSettings, mail: EmailMessage, address: str) -> Receipt:
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port or _PORTS[settings.security],
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        validate_certs=settings.verify,
        username=settings.username,
        password=settings.password.reveal() if settings.password else None,
        local_hostname=_address(settings.sender).domain,  # the default asks a name server, which may be down too
        timeout=settings.timeout.total_seconds(),
    )
    transport: asyncio.WriteTransport | None = None
    try:
        await client.connect()
        transport = cast(asyncio.WriteTransport, client.transport)
        _, said = await client.send_message(mail, sender=settings.sender, recipients=[address])
        with suppress(aiosmtplib.SMTPException):  # it has taken the mail; how it says goodbye does not matter
            await client.quit()
        return Receipt(said)
    finally:
        # Left to itself a connection that failed half-way stays open, and an encrypted one waits for the other's goodbye.
        client.close()
        if transport is not None:
            transport.abort()
        for _ in range(3):  # turns of the loop: asyncio closes the socket in one of the next
            await asyncio.sleep(0)


def _refused(code: int, said: str) -> DeliveryError:
    permanent = code >= _PERMANENT and code not in _NOT_OUR_FAULT_FOR_EVER
    return DeliveryError(f"the mail server refused it: {code} {' '.join(said.split())[:300]}", permanent=permanent)


def compose(settings: EmailSettings, message: Message) -> EmailMessage:
    """The mail: the same Message-ID at every try, in the thread of its incident. ValueError for an address that is none."""
    domain = _address(settings.sender).domain
    thread = f"<{message.thread}@{domain}>"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address("Fireline", addr_spec=settings.sender)
    mail["To"] = _address(message.address)
    mail["Subject"] = _line(message.subject if message.first else f"Re: {message.subject}")
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = f"<{message.id}@{domain}>"
    mail["In-Reply-To"] = mail["References"] = thread
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Fireline-Event"] = _line(message.event)
    text = message.text
    if message.acknowledge_url:
        text += f"\n\nAcknowledge with one click:\n{message.acknowledge_url}"
    mail.set_content(text + "\n")
    mail.add_alternative(_html(text), subtype="html")
    return mail


def _address(text: str) -> Address:
    """A mail address, nothing hidden in it; ValueError otherwise."""
    if not text.isprintable() or not all(text.rpartition("@")):
        raise ValueError("not a mail address")
    return Address(addr_spec=text)


def _line(text: str) -> str:
    """A header is one line: whatever would begin another is a blank."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _html(text: str) -> str:
    """The same text with its addresses to be clicked."""
    parts, end = [], 0
    for found in _URL.finditer(text):
        link = html.escape(found[0])
        parts += [html.escape(text[end : found.start()]), f'<a href="{link}">{link}</a>']
        end = found.end()
    body = "".join([*parts, html.escape(text[end:])]).replace("\n", "<br>\n")
    return f'<!doctype html><html><body style="font:16px/1.5 sans-serif">{body}</body></html>\n'


channel = Channel("email", "mail through an SMTP server", EmailSettings, send)
