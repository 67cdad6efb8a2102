"""Opens the socket that the server listens on, and knows the address by which it is reached."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from fireline.errors import FirelineError, SettingsError

if TYPE_CHECKING:
    from fireline.settings import Settings

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - read, not bound
_PORTS = 65536


def parse_bind(text: str) -> tuple[str, int]:
    """Host and port of `127.0.0.1:8700`, `[::1]:8700`, `localhost:8700`, `:8700` or `8700`."""
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not port.isdigit() or int(port) >= _PORTS or (":" in host and not bracketed):
        raise SettingsError(
            f"server.bind: {text!r} is not an address and a port", hint="Such as 127.0.0.1:8700 or [::1]:8700."
        )
    if bracketed:
        host = host[1:-1]
    if not host:
        host = "0.0.0.0" if colon else "127.0.0.1"  # noqa: S104 - asked for with a bare colon
    return host, int(port)


def spell(host: str, port: int) -> str:
    """Host and port in one text, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen(settings: Settings, bind: str | None = None) -> tuple[socket.socket, str, Settings]:
    """A listening socket, the URL it answers at from this machine, and the settings with the true address in them."""
    host, port = parse_bind(bind or settings.server.bind)
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        both = family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6()
        opened = socket.create_server(address[:2], family=family, backlog=2048, dualstack_ipv6=both)
    except OSError as refused:
        raise FirelineError(
            f"can not listen on {spell(host, port)}: {refused.strerror or refused}",
            hint="Is another Fireline running? Stop it, or change server.bind.",
        ) from None
    taken = opened.getsockname()[1]
    server = settings.server.model_copy(update={"bind": spell(host, taken)})
    scheme = "https" if server.tls_cert else "http"
    return (
        opened,
        f"{scheme}://{spell(_EVERYWHERE.get(host, host), taken)}",
        settings.model_copy(update={"server": server}),
    )
