"""Somebody else's server, real and on a port of the kernel's choice: pages by path, slow, endless, broken or over TLS."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Handler = BaseHTTPRequestHandler
Page = Callable[[Handler], None]


@dataclass
class Peer:
    """A running server: what it answers by path, and what it was asked."""

    url: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)  # path and headers
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, body: Any = "", status: int = 200, **headers: str) -> None:
        """A page with a text, or with data as JSON."""
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        raw = text if isinstance(text, bytes) else text.encode()

        def page(handler: Handler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(raw)))
            handler.end_headers()
            handler.wfile.write(raw)

        self.pages[path] = page

    def hang(self, path: str) -> None:
        """A page that never answers."""

        def page(handler: Handler) -> None:
            del handler
            self.over.wait(20)

        self.pages[path] = page

    def drip(self, path: str) -> None:
        """A page whose body comes a byte at a time and never ends."""

        def page(handler: Handler) -> None:
            handler.send_response(200)
            handler.end_headers()
            while not self.over.wait(0.02):
                handler.wfile.write(b".")

        self.pages[path] = page

    def flood(self, path: str, status: int = 200) -> None:
        """A page whose body never ends, as fast as it can."""

        def page(handler: Handler) -> None:
            handler.send_response(status)
            handler.end_headers()
            while not self.over.is_set():
                handler.wfile.write(b"x" * 65_536)

        self.pages[path] = page


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """A server for the length of the block; without TLS unless it has a certificate."""
    peer = Peer()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            peer.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            page = peer.pages.get(self.path.partition("?")[0])
            with suppress(OSError):  # who asks may have gone
                page(self) if page else self.send_error(404)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            del format, args

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A handshake that the other side gives up is no fault of this one."""

        def finish_request(self, request: Any, client_address: Any) -> None:
            if tls:
                request = tls.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
            with suppress(OSError):
                request.close()

    server = Quiet(("127.0.0.1", 0), Answering)
    peer.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield peer
    finally:
        peer.over.set()
        server.shutdown()
        thread.join(10)
        server.server_close()


def certificate(folder: Path, name: str = "IP:127.0.0.1", days: int = 30) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS with a certificate it has signed itself, and that certificate's file."""
    key, file = folder / "key.pem", folder / "cert.pem"
    command = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days {days} -subj /CN=here"
    more = ["-addext", f"subjectAltName={name}", "-keyout", str(key), "-out", str(file)]
    subprocess.run([*command.split(), *more], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, key)
    return context, file
