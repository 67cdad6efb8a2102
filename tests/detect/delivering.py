"""Deliveries as tests make them: signed as their senders sign, read by the shelf's own parser."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from fireline.detect.source import Event, Inbound, Source
from fireline.redact import Secret
from fireline.settings import SourceSettings

SECRET = "the sender's own secret"


def inbound(
    source: Source,
    document: Any,
    *,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    content_type: str = "application/json",
    options: dict[str, Any] | None = None,
    secret: str | None = SECRET,
) -> Inbound:
    """A delivery to the source of the same name as its format; bytes go as they are, anything else as JSON."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    kept = SourceSettings(
        format=source.format,
        token=Secret("token-of-" + source.format),
        secret=Secret(secret) if secret else None,
        options=options or {},
    )
    own = source.options_of(source.format, kept)
    return Inbound(source.format, body, kept, content_type, query or {}, headers or {}, options=own)


def read(source: Source, document: Any, **beside: Any) -> list[Event]:
    """The events of a delivery."""
    return source.parse(inbound(source, document, **beside))


def signature(body: bytes, secret: str = SECRET, digest: str = "sha256") -> str:
    """The HMAC of a body in hex."""
    return hmac.new(secret.encode(), body, getattr(hashlib, digest)).hexdigest()
