"""The SMTP door: a mail to NAME+TOKEN@anything is a delivery of the source NAME, taken once it is durable."""

from __future__ import annotations

import asyncio
import json
import re
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from email.policy import EmailPolicy
from email.utils import parsedate_to_datetime
from functools import partial
from html import unescape
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from fireline.detect.door import Door
from fireline.errors import SettingsError

LONGEST_TEXT = 200_000  # characters of a mail that are kept
MOST_RECIPIENTS = 10  # of one mail that are sources of ours
MOST_PARTS = 1_000  # lines that may divide parts; where there are more, no parts are looked for
LONGEST_HEADER = 4_000  # characters of one that are read

log = structlog.get_logger(__name__)


class MailDoor:
    """Listens for mail in the event loop of the HTTP server."""

    def __init__(self, door: Door, bind: str) -> None:
        host, _, port = bind.rpartition(":")
        if not port.isdigit():
            raise SettingsError(f"server.smtp: {bind!r} is not an address and a port", hint="Such as 127.0.0.1:2525.")
        self._door = door
        self._host, self._wanted = host.strip("[]"), int(port)
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen; SettingsError when the address can not be used."""
        loop = asyncio.get_running_loop()
        made = partial(
            SMTP,
            _Handler(self._door),
            data_size_limit=self._door.max_body,
            enable_SMTPUTF8=True,
            hostname="fireline",
            ident="Fireline",
            loop=loop,
        )
        try:
            self._server = await loop.create_server(made, self._host, self._wanted)
        except OSError as taken:
            raise SettingsError(f"server.smtp: {taken.strerror or taken}", hint="Choose another port.") from None
        log.info("the mail door is open", port=self.port)

    @property
    def port(self) -> int:
        """The port it listens on; 0 while it does not."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server else 0

    def close(self) -> None:
        """Take no more mail."""
        if self._server is not None:
            self._server.close()


class _Handler:
    """The three moments of a mail that matter here."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        name, token = address_parts(address)
        if not self._door.knows(name, token):
            return f"550 5.1.1 <{address[:100]}>: no source has this name and token; write NAME+TOKEN@anything"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - likewise
        """250 once it is durable for every source it is for; a mail that is sent again is the same delivery again."""
        body = json.dumps(await asyncio.to_thread(document, envelope.content or b"")).encode()
        for address in envelope.rcpt_tos:
            name, token = address_parts(address)
            headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            given = await self._door.receive(name, headers, {}, body)
            if given.status >= 500:  # noqa: PLR2004 - the sender keeps it and tries again
                return "451 4.3.0 it can not be kept now, try again later"
            if given.status >= 400:  # noqa: PLR2004 - trying again can not help
                said = given.body.get("error", "") if isinstance(given.body, dict) else ""
                return f"554 5.6.0 {str(said)[:200]}"
        return "250 2.0.0 kept"

    async def handle_exception(self, error: Exception) -> str:
        """What nobody thought of must not cost a mail."""
        log.exception("a mail could not be taken", exc_info=error)
        return "451 4.3.0 it can not be taken now, try again later"


def address_parts(address: str) -> tuple[str, str]:
    """Source and token of `NAME+TOKEN@anything`."""
    name, _, token = address.rpartition("@")[0].strip('"').partition("+")
    return name, token


def document(content: bytes | str) -> dict[str, Any]:
    """A mail as the source `email` reads it, whatever is wrong with it."""
    content = content.encode("utf-8", "replace") if isinstance(content, str) else content
    try:
        reader = BytesParser if content.count(b"\n--") <= MOST_PARTS else BytesHeaderParser
        mail = reader(policy=_Bounded()).parsebytes(content)
        assert isinstance(mail, EmailMessage)
        read = {name: _header(mail, name) for name in ("subject", "from", "date", "message-id")}
        text = _text(mail)
    except Exception:  # noqa: BLE001 - the library meets what it never thought of, and a mail is not lost for that
        return {"subject": "a mail that can not be read", "text": content[:LONGEST_TEXT].decode("utf-8", "replace")}
    return {
        "subject": read["subject"],
        "text": text[:LONGEST_TEXT],
        "from": read["from"],
        "date": _moment(read["date"]),
        "message_id": read["message-id"],
    }


def _header(mail: EmailMessage, name: str) -> str:
    return str(mail.get(name, "")).encode("utf-8", "replace").decode()


def _moment(date: str) -> str | None:
    try:
        return parsedate_to_datetime(date).isoformat()
    except (ValueError, TypeError, IndexError):
        return None


def _text(mail: EmailMessage) -> str:
    """The plain text, else what can be read of the HTML."""
    part = mail.get_body(preferencelist=("plain", "html"))
    if part is None:
        undivided = mail.get_payload()
        return undivided if isinstance(undivided, str) else ""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        text = raw.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:  # a charset that nobody knows
        text = raw.decode("utf-8", "replace")
    return words_of(text) if part.get_content_subtype() == "html" else text


class _Bounded(EmailPolicy):
    """How the library reads a mail, with headers of bounded length: what it does with one takes long."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Name and value, cut."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]


_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)|<[!?]")
_BLOCKS = frozenset(["p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol"])
_HIDDEN = {name: re.compile(f"</{name}", re.I) for name in ("script", "style", "head")}


def words_of(html: str) -> str:
    """The words of an HTML mail, a line a block. No sign is looked at more than twice, whatever is wrong with it."""
    said: list[str] = []
    at = 0
    while tag := _TAG.search(html, at):
        said.append(html[at : tag.start()])
        name = (tag[1] or "").lower()
        if name in _BLOCKS:
            said.append("\n")
        if name in _HIDDEN and not tag[0].startswith("</"):
            end = _HIDDEN[name].search(html, tag.end())
            at = html.find(">", end.end()) + 1 if end else 0
        elif html.startswith("<!--", tag.start()):
            at = html.find("-->", tag.end()) + 3 if html.find("-->", tag.end()) >= 0 else 0
        else:
            at = html.find(">", tag.end()) + 1
        if not at:  # it has no end: the rest is none either
            break
    else:
        said.append(html[at:])
    lines = unescape("".join(said)).splitlines()
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())
