"""Signatures over the raw body, as senders make them: HMAC in hex, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal

from fireline.detect.source import Inbound
from fireline.errors import Unauthenticated

Digest = Literal["sha1", "sha256"]


def check(inbound: Inbound, header: str, *, digest: Digest = "sha256", prefix: str = "", before: str = "") -> None:
    """Raise Unauthenticated unless the header holds the HMAC of the body under the source's secret.

    prefix: what stands before the hex digits, such as `sha256=`. before: what is signed before the body.
    Without a secret in the settings nothing is checked: the token was. How old a signature is does not matter here:
    an alert told again does no harm, and one refused because a clock is wrong does.
    """
    secret = inbound.settings.secret
    if secret is None:
        return
    given = inbound.headers.get(header.lower(), "")
    if not given:
        raise Unauthenticated(f"the signature is absent: no {header}", hint="Set the secret at the sender too.")
    made = hmac.new(secret.reveal().encode(), before.encode() + inbound.body, getattr(hashlib, digest)).hexdigest()
    if not hmac.compare_digest((prefix + made).encode(), given.strip().lower().encode("utf-8", "replace")):
        raise Unauthenticated(f"the signature in {header} is wrong", hint="The secret must be the sender's own.")
