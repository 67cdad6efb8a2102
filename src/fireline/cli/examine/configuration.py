"""The settings file: secrets long enough and well kept, names that mean something, an address others can use."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fireline import shelf
from fireline.cli.examine.line import Line, fail, ok, warn
from fireline.cli.listen import parse_bind
from fireline.redact import SHORTEST
from fireline.settings import Settings, short_secrets

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_SECRET_KEYS = ("dsn", "read_dsn", "token", "password", "url")
_HERE = ("127.", "localhost", "::1")


def look(settings: Settings) -> Iterator[Line]:
    """Everything that can be known without asking anybody else."""
    if settings.origin is None:
        yield warn("settings", "no fireline.toml was found", "Make one with `fireline init`.")
    else:
        yield ok("settings", f"{settings.origin} is read and understood")
        yield from _files(settings.origin)
    for name in short_secrets(settings):
        yield warn("settings", f"{name} has under {SHORTEST} characters: too short to be masked", "Make it longer.")
    yield from _names(settings)
    yield from _address(settings)
    if not settings.targets:
        yield fail("settings", "no target is configured", "Add [targets.main] with a dsn_file.")


def _files(origin: Path) -> Iterator[Line]:
    """Secrets must be read by our account alone, wherever they stand."""
    table = tomllib.loads(origin.read_text(encoding="utf-8"))
    if _holds_secret(table) and _mode(origin) & _OTHERS:
        yield warn("settings", f"{origin} holds secrets and others can read it", f"chmod 600 {origin}")
    for path in _secret_files(table, origin.parent):
        if _mode(path) & _OTHERS:
            yield warn("settings", f"others can read {path}", f"chmod 600 {path}")


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _holds_secret(table: dict[str, Any]) -> bool:
    return any(
        _holds_secret(value) if isinstance(value, dict) else key in _SECRET_KEYS and isinstance(value, str)
        for key, value in table.items()
    )


def _secret_files(table: dict[str, Any], folder: Path) -> Iterator[Path]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _secret_files(value, folder)
        elif key.endswith("_file") and isinstance(value, str):
            yield folder / value


def _names(settings: Settings) -> Iterator[Line]:
    """Names that stand in the settings but mean nothing."""
    formats = shelf.read("fireline.detect.sources", "source")
    for name, source in settings.sources.items():
        if source.format not in formats:
            yield fail(f"source {name}", f"no format {source.format!r}", f"There are: {', '.join(formats)}.")
        if source.target is not None and source.target not in settings.targets:
            yield fail(
                f"source {name}",
                f"its target {source.target!r} is not configured",
                f"There are: {', '.join(settings.targets)}.",
            )
    if not settings.sources:
        yield warn("sources", "none is configured, so no alert can come in", "Add [sources.alertmanager].")


def _address(settings: Settings) -> Iterator[Line]:
    """The address must be one that a phone can use, and must not carry passwords in the clear."""
    host, _ = parse_bind(settings.server.bind)
    here = host.startswith(_HERE)
    if bool(settings.server.tls_cert) != bool(settings.server.tls_key):
        yield fail("server", "tls_cert and tls_key belong together, and one is missing")
    if not here and not settings.server.tls_cert and not (settings.server.public_url or "").startswith("https:"):
        yield warn(
            "server",
            f"{settings.server.bind} is open to others without TLS",
            "Set server.tls_cert and tls_key, or put a proxy before it and set public_url.",
        )
    if settings.contacts and here and not settings.server.public_url:
        yield warn(
            "server",
            f"links in messages lead to {settings.server.url}, which no phone can open",
            "Set server.public_url.",
        )
