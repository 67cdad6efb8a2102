"""The other side of a channel: a real SMTP server and a real HTTP receiver, on ports of the kernel's choice, in threads."""

from __future__ import annotations

import asyncio
import email
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult


@dataclass
class Mailbox:
    """What an SMTP server has taken, and what it is to say: `answers` are used up one by one, then all is well."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)  # to DATA
    to_rcpt: list[str] = field(default_factory=list)
    drop_at_data: int = 0  # how many connections break in the middle of a mail
    logins: list[tuple[str, str]] = field(default_factory=list)
    during: Callable[[], object] | None = None  # done while a mail is being taken

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.to_rcpt:
            return self.to_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        self.recipients.append(envelope.rcpt_tos)
        if self.during:
            await asyncio.to_thread(self.during)
        return self.answers.pop(0) if self.answers else "250 taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        login = (data.login.decode(), data.password.decode())
        self.logins.append(login)
        return AuthResult(success=login == ("fireline", "hunter2hunter2"), handled=False)


class _Server(SMTP):
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if self.event_handler.drop_at_data:
            self.event_handler.drop_at_data -= 1
            await self.push("354 go on")
            await self._reader.readline()
            cast(asyncio.WriteTransport, self.transport).abort()
            return
        await super().smtp_DATA(arg)


@contextmanager
def smtp(
    *, tls: SSLContext | None = None, starttls: SSLContext | None = None, login: bool = False
) -> Iterator[Mailbox]:
    """A running SMTP server."""
    mailbox = Mailbox()
    loop = asyncio.new_event_loop()

    sessions: list[Any] = []

    def make() -> SMTP:
        options: dict[str, Any] = {"hostname": "mail.test", "loop": loop}
        if starttls:
            options |= {"tls_context": starttls, "require_starttls": True}
        if login:
            options |= {"authenticator": mailbox.authenticate, "auth_required": True, "auth_require_tls": False}
        with warnings.catch_warnings(action="ignore"):  # it advises against a login without TLS
            session = _Server(mailbox, **options)
        sessions.append(session)
        return session

    server = loop.run_until_complete(loop.create_server(make, "127.0.0.1", 0, ssl=tls))
    mailbox.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield mailbox
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server, sessions), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _stop(server: asyncio.Server, sessions: list[Any]) -> None:
    server.close()
    for session in sessions:
        if session.transport:
            session.transport.abort()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(200):  # connections in the middle of a handshake are no sessions yet
        await asyncio.sleep(0.005 if getattr(server, "_active_count", 0) else 0)


@dataclass
class Receiver:
    """What an HTTP server was sent, and what it is to answer: (status, headers), used up one by one, then 200."""

    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)  # path, headers, body
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)


@contextmanager
def http() -> Iterator[Receiver]:
    """A running HTTP receiver."""
    receiver = Receiver()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            receiver.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status, headers = receiver.answers.pop(0) if receiver.answers else (200, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
