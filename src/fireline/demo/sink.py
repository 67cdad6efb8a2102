"""A phone that rings on this machine alone: a webhook on loopback that keeps what it is sent and mails nobody."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LARGEST = 1_000_000


@dataclass(frozen=True)
class Message:
    """One message as it arrived; `at` is a moment of `time.monotonic()`."""

    at: float
    headers: dict[str, str]
    body: dict[str, Any]


class Sink:
    """The webhook: `start` it, read its `messages`, `stop` it."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._arrived = threading.Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._answering())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.1], daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/phone"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        if self._thread.ident is not None:
            self._server.shutdown()
            self._thread.join(5)
        self._server.server_close()

    def wait(self, wanted: Callable[[Message], bool], seconds: float) -> Message | None:
        """The first message that is wanted, waited for that long; None when it does not come."""
        end = time.monotonic() + seconds
        with self._arrived:
            while True:
                found = next((one for one in self.messages if wanted(one)), None)
                left = end - time.monotonic()
                if found is not None or left <= 0:
                    return found
                self._arrived.wait(left)

    def _keep(self, message: Message) -> None:
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()

    def _answering(self) -> type[BaseHTTPRequestHandler]:
        keep = self._keep

        class Answering(BaseHTTPRequestHandler):
            """Takes any POST of JSON and thanks for it."""

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(min(length, LARGEST))
                try:
                    body = json.loads(raw)
                except ValueError:
                    self._answer(400)
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                keep(Message(time.monotonic(), headers, body if isinstance(body, dict) else {"body": body}))
                self._answer(204)

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
                """Say nothing: the story tells what came."""

        return Answering
