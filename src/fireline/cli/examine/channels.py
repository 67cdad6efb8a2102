"""How people are told: somebody is confirmed, and each channel in use can be reached; nothing is sent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from fireline.cli.examine.line import Line, fail, ok, warn
from fireline.settings import Settings

_SECURE_PORTS = {"starttls": 587, "tls": 465, "plain": 25}


def look(settings: Settings) -> Iterator[Line]:
    """Contacts first, then each channel that one of them uses."""
    from fireline.communicate.channel import faults

    yield from _contacts(settings)
    wrong = list(faults(settings))
    for fault in wrong:
        yield fail("channels", fault, "See docs/configuration.md.")
    used = {one.channel for one in settings.contacts.values()}
    if "email" in used and not any("email" in fault for fault in wrong):
        yield _mail_server(settings)
    for name, contact in settings.contacts.items():
        if contact.channel == "webhook" and contact.address:
            yield _resolves(f"contact {name}", contact.address)


def _contacts(settings: Settings) -> Iterator[Line]:
    told = [name for name, one in settings.contacts.items() if one.confirmed and one.address]
    if told:
        yield ok("contacts", f"told on the night: {', '.join(told)}")
    else:
        yield fail("contacts", "nobody would be told of an incident", "Check an address and set confirmed = true.")
    for name, one in settings.contacts.items():
        role = f" ({one.role})" if one.role else ""
        if not one.address:
            yield warn(f"contact {name}", f"has no address{role}", f"Fill in contacts.{name}.address.")
        elif not one.confirmed:
            yield warn(
                f"contact {name}", f"{one.address} is not confirmed{role}", "Check it, then set confirmed = true."
            )


def _mail_server(settings: Settings) -> Line:
    """Greet the mail server and log in, as if there were something to send."""
    from fireline.communicate.channel import channels

    own: Any = channels()["email"].settings.model_validate(settings.channels.get("email", {}))
    port = own.port or _SECURE_PORTS[own.security]
    try:
        asyncio.run(_greet(own, port))
    except Exception as away:  # noqa: BLE001 - whatever a mail server and its certificate may do wrong
        return fail("channel email", f"{own.host}:{port}: {' '.join(str(away).split())}", "Check [channels.email].")
    logged_in = f", logged in as {own.username}" if own.username else ""
    return ok("channel email", f"{own.host}:{port} answers{logged_in}; nothing was sent")


async def _greet(own: Any, port: int) -> None:
    from aiosmtplib import SMTP

    client = SMTP(
        hostname=own.host,
        port=port,
        use_tls=own.security == "tls",
        start_tls=own.security == "starttls",
        validate_certs=own.verify,
        local_hostname=own.sender.rpartition("@")[2],
        timeout=own.timeout.total_seconds(),
    )
    async with client:
        if own.username:
            await client.login(own.username, own.password.reveal() if own.password else "")
        await client.noop()


def _resolves(about: str, address: str) -> Line:
    """Whether a webhook's host has an address; nothing is sent to it."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return fail(about, "its address is no URL to post to", "Such as https://chat.example.com/hooks/…")
    try:
        socket.getaddrinfo(parts.hostname, parts.port or parts.scheme, type=socket.SOCK_STREAM)
    except OSError as unknown:
        return fail(
            about,
            f"{parts.hostname} has no address: {unknown.strerror or unknown}",
            "Check the address and the name server.",
        )
    return ok(about, f"{parts.hostname} has an address; nothing was sent")
