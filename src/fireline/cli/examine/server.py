"""The HTTP server: its certificate, and whether it answers here and at the address that messages name."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from datetime import timedelta

from fireline import clock
from fireline.cli.examine.certificate import not_after
from fireline.cli.examine.line import Line, fail, ok, warn
from fireline.cli.serve import STATE
from fireline.cli.times import span
from fireline.detect.journal import DAMAGED, SUFFIX, folder_of
from fireline.settings import Settings
from fireline.sizes import size

_SOON = timedelta(days=21)
_PATIENCE = 5.0


def look(settings: Settings) -> Iterator[Line]:
    """The certificate first, then whether it answers."""
    if settings.server.tls_cert and settings.server.tls_key:
        yield _certificate(settings)
    here = address(settings)
    if here is None:
        yield warn(
            "server", f"not running here; it would listen on {settings.server.bind}", "Start it with `fireline up`."
        )
    else:
        yield _answers(here, verify=False)
    yield from _journal(settings)
    if settings.server.public_url:
        yield _answers(settings.server.public_url.rstrip("/"), verify=True)


def _journal(settings: Settings) -> Iterator[Line]:
    """What is kept on this disk since the store was away; nothing is said while there is nothing."""
    folder = folder_of(settings)
    kept = sum(path.stat().st_size for path in folder.glob(f"*{SUFFIX}"))
    damaged = [path.name for path in folder.glob(f"*{DAMAGED}")]
    if kept:
        todo = "They are stored as soon as the store answers and a server runs here; nobody is told of them before."
        yield warn("journal", f"{size(kept)} of alerts in {folder} are not in the store", todo)
    if damaged:
        todo = "Look at it: lines that could not be read stand between others that were stored. Then delete it."
        yield fail("journal", f"the disk has damaged {', '.join(damaged)} in {folder}", todo)


def address(settings: Settings) -> str | None:
    """Where the server of this folder answers now, as it has noted itself; None when none runs."""
    try:
        noted = json.loads((settings.path(settings.store.folder) / STATE).read_text(encoding="utf-8"))
        return str(noted["url"])
    except (OSError, ValueError, KeyError):
        return None


def _certificate(settings: Settings) -> Line:
    assert settings.server.tls_cert is not None
    assert settings.server.tls_key is not None
    cert, key = settings.path(settings.server.tls_cert), settings.path(settings.server.tls_key)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
        left = not_after(cert) - clock.now()
    except (OSError, ValueError, IndexError) as wrong:
        return fail(
            "server",
            f"the certificate {cert} and its key can not be used: {wrong}",
            "Check server.tls_cert and tls_key.",
        )
    if left < timedelta(0):
        return fail("server", f"the certificate expired {span(-left)} ago", "Renew it and start the server again.")
    if left < _SOON:
        return warn("server", f"the certificate expires in {span(left)}", "Renew it and start the server again.")
    return ok("server", f"the certificate holds for {left.days} days")


def _answers(url: str, *, verify: bool) -> Line:
    import httpx

    try:
        answer = httpx.get(f"{url}/healthz", timeout=_PATIENCE, verify=verify)
    except (httpx.HTTPError, httpx.InvalidURL) as lost:
        return fail(
            "server", f"{url} does not answer: {lost}", "Is the server running, and does the address lead to it?"
        )
    if answer.status_code >= 400:  # noqa: PLR2004 - the HTTP codes of a fault
        return fail("server", f"{url}/healthz says {answer.status_code}: {answer.text[:100]}")
    return ok("server", f"{url} answers in {answer.elapsed / timedelta(milliseconds=1):.0f} ms")
