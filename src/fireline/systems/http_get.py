"""One GET to a server of somebody else, limited in time, size and redirects; what goes wrong is said in plain words."""

from __future__ import annotations

import json
import socket
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Event, Timer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from fireline import redact
from fireline.errors import FirelineError

if TYPE_CHECKING:  # loaded by the first request: it takes long, and a command that asks nobody goes without
    import httpx

MOST_BYTES = 2_000_000
MOST_REDIRECTS = 5

Kind = Literal["refused", "tls", "late", "name", "other"]


class NoAnswer(FirelineError):
    """no answer; `kind` says what happened: it refused, its certificate is no good, it is late, its name is not known"""

    http_status = 502

    def __init__(self, message: str, *, kind: Kind = "other") -> None:
        self.kind = kind
        super().__init__(message)


@dataclass(frozen=True)
class Answer:
    """What came back. whole: the body is all there; more than was wanted is not read."""

    status: int
    raw: bytes
    whole: bool
    ms: int
    redirects: int
    encoding: str = ""
    charset: str = "utf-8"
    tls_until: datetime | None = None  # the earliest end of a certificate on the way

    def text(self, most: int = MOST_BYTES) -> str:
        """The body as text, as far as it was read. Raises NoAnswer when it is compressed in a way nobody asked for."""
        raw = self.raw
        if self.encoding in ("gzip", "x-gzip"):
            try:
                raw = zlib.decompressobj(31).decompress(raw, most)
            except zlib.error:
                raise NoAnswer("its body can not be unpacked") from None
        elif self.encoding not in ("", "identity"):
            raise NoAnswer(f"its body is compressed as {self.encoding[:20]}, which nobody asked for")
        try:
            return raw.decode(self.charset, errors="replace")
        except LookupError:
            return raw.decode(errors="replace")

    def json(self) -> Any:
        """The body as JSON. Raises NoAnswer when it is none, or longer than was read."""
        if not self.whole:
            raise NoAnswer(f"its answer is longer than {len(self.raw)} bytes")
        try:
            return json.loads(self.text())
        except (ValueError, RecursionError):
            raise NoAnswer("its answer is not JSON") from None


def get(
    url: str,
    *,
    limit: timedelta,
    headers: Mapping[str, str] | None = None,
    most: int = MOST_BYTES,
    redirects: int = MOST_REDIRECTS,
    ca: Path | None = None,
) -> Answer:
    """Ask once. Any status is an answer; NoAnswer, within about the limit, is not.

    ca: the PEM file of an authority of one's own. Credentials in `headers` stay with the host they are for: with them,
    let nothing be redirected.
    """
    import httpx

    late, began = Event(), time.monotonic()
    until: list[datetime] = []
    client = _client(limit, dict(headers or {}), redirects, ca, until)
    timer = Timer(limit.total_seconds(), _cut_off, (late, client))
    timer.daemon = True
    timer.start()
    try:
        with client, client.stream("GET", url) as answer:
            raw, whole = _body(answer.iter_raw(), most)
    except NoAnswer:
        raise
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, RuntimeError) as error:
        if late.is_set() or isinstance(error, httpx.TimeoutException):
            raise NoAnswer(f"no answer within {limit.total_seconds():g} s", kind="late") from None
        raise _told(error, redirects) from None
    finally:
        timer.cancel()
    return Answer(
        status=answer.status_code,
        raw=raw,
        whole=whole,
        ms=round((time.monotonic() - began) * 1000),
        redirects=len(answer.history),
        encoding=answer.headers.get("Content-Encoding", "").strip().lower(),
        charset=answer.charset_encoding or "utf-8",
        tls_until=min(until, default=None),
    )


def _cut_off(late: Event, client: httpx.Client) -> None:
    """For who answers a drop at a time, so that no step of it is late."""
    late.set()
    client.close()


def _client(
    limit: timedelta, headers: dict[str, str], redirects: int, ca: Path | None, until: list[datetime]
) -> httpx.Client:
    import httpx

    return httpx.Client(
        verify=_certificates(ca),
        timeout=limit.total_seconds(),
        follow_redirects=redirects > 0,
        max_redirects=redirects,
        headers={"User-Agent": "fireline", "Accept-Encoding": "identity", **headers},
        event_hooks={"response": [lambda answer: until.extend(_ends(answer))]},
    )


@cache
def _certificates(ca: Path | None) -> ssl.SSLContext:
    """Reading the certificates takes longer than a request; once is enough."""
    if ca is None:
        import httpx

        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=str(ca))
    except (OSError, ssl.SSLError) as unreadable:
        raise NoAnswer(f"the certificates in {ca} can not be read: {unreadable.strerror or unreadable}") from None


def _ends(answer: httpx.Response) -> Iterator[datetime]:
    """When the certificate of the server that gave this answer ends."""
    stream = answer.extensions.get("network_stream")
    secured = stream.get_extra_info("ssl_object") if stream else None
    end = (secured.getpeercert() or {}).get("notAfter") if secured else None
    if end:
        yield datetime.fromtimestamp(ssl.cert_time_to_seconds(end), UTC)


def _body(chunks: Iterator[bytes], most: int) -> tuple[bytes, bool]:
    """As much of the body as is wanted, and whether that is all of it."""
    kept = bytearray()
    for chunk in chunks:
        kept += chunk
        if len(kept) > most:
            return bytes(kept[:most]), False
    return bytes(kept), True


def _told(error: Exception, redirects: int) -> NoAnswer:
    """What went wrong, without the URL."""
    import httpx

    if isinstance(error, httpx.TooManyRedirects):
        return NoAnswer(f"it redirects more than {redirects} times")
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return NoAnswer("its URL is none that can be asked")
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return NoAnswer(f"its TLS certificate is not trusted: {cause.verify_message}", kind="tls")
        if isinstance(cause, ssl.SSLError):
            return NoAnswer(f"TLS fails: {(cause.reason or 'no reason told').replace('_', ' ').lower()}", kind="tls")
        if isinstance(cause, socket.gaierror):
            return NoAnswer("its name has no address, as seen from here", kind="name")
        if isinstance(cause, ConnectionRefusedError):
            return NoAnswer("the connection is refused: nothing listens there", kind="refused")
    said = redact.text(" ".join(str(error).split()))[:200] or type(error).__name__
    return NoAnswer(f"no answer: {said}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def shown(url: str) -> str:
    """A URL as it may be read by anybody: without password, and without what stands in its query."""
    parts = urlsplit(url)
    query = "&".join(f"{pair.partition('=')[0]}=…" for pair in parts.query.split("&") if pair)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{f'?{query}' if query else ''}"
