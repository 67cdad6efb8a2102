"""A POST of JSON to a URL: for chat bridges, phones, and programs of your own."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from threading import Timer

import httpx
from pydantic import Field

from fireline import clock
from fireline.communicate.channel import LONGEST_SEND, Channel, Message, Receipt, TryLater
from fireline.errors import DeliveryError
from fireline.settings import Duration, Model, SecretText

_MAY_PASS = (408, 425, 429)
_LONGEST_WAIT = timedelta(minutes=15)  # of a Retry-After that is obeyed


class WebhookSettings(Model):
    """How webhooks are sent; the URL is the contact's address."""

    secret: SecretText | None = Field(
        None, description="key of the header X-Fireline-Signature: sha256=, an HMAC over the body as it is sent"
    )
    timeout: Duration = Field(timedelta(seconds=10), description="of one step of the request")


def send(settings: WebhookSettings, message: Message) -> Receipt:
    """One POST, or DeliveryError. A redirect is not followed: it would lead the incident to somebody else."""
    body = json.dumps(payload(message), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "fireline", "X-Fireline-Delivery": message.id}
    if settings.secret is not None:
        digest = hmac.new(settings.secret.reveal().encode(), body, hashlib.sha256).hexdigest()
        headers["X-Fireline-Signature"] = f"sha256={digest}"
    try:
        answer = _post(settings, message.address, headers, body)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, ValueError) as wrong:
        raise DeliveryError(f"the address is no URL to post to: {wrong}", permanent=True) from None
    except (httpx.HTTPError, ssl.SSLError, TimeoutError, OSError) as away:
        said = " ".join(str(away).split()) or type(away).__name__
        raise DeliveryError(f"the receiver can not be reached: {said}", permanent=False) from None
    if answer.is_success:
        return Receipt(str(answer.status_code))
    raise _refused(answer)


def payload(message: Message) -> dict[str, object]:
    """The JSON that is posted: the sentences for people, the fields for programs."""
    return {
        **message.data,
        "id": message.id,
        "event": message.event,
        "subject": message.subject,
        "text": message.text,
        "url": message.url,
        "acknowledge_url": message.acknowledge_url or None,
    }


def _post(settings: WebhookSettings, url: str, headers: dict[str, str], body: bytes) -> httpx.Response:
    """The answer's head; its body is nobody's business, and may be endless.

    Plain, not async: in a process of many threads an event loop for one request takes several times as long.
    The timeout is that of one step; who answers a drop at a time is cut off by the timer.
    """
    with httpx.Client(
        verify=_certificates() if url.lower().startswith("https:") else _none(),
        timeout=settings.timeout.total_seconds(),
        follow_redirects=False,
    ) as client:
        enough = Timer(LONGEST_SEND, client.close)
        enough.start()
        try:
            with client.stream("POST", url, headers=headers, content=body) as answer:
                return answer
        finally:
            enough.cancel()


@cache
def _certificates() -> ssl.SSLContext:
    """Reading the certificates takes longer than a request; once is enough."""
    return httpx.create_ssl_context()


@cache
def _none() -> ssl.SSLContext:
    """For what is not encrypted: otherwise httpx makes a context for each client, which takes longer than the rest of it."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _refused(answer: httpx.Response) -> DeliveryError:
    status = answer.status_code
    if answer.has_redirect_location:
        told = "the receiver redirects elsewhere, which is not followed"
        return DeliveryError(f"{told}: {status}", permanent=True, hint="Set the contact's address to where it leads.")
    said = f"the receiver answered {status} {answer.reason_phrase}".strip()
    if not (status in _MAY_PASS or answer.is_server_error):
        return DeliveryError(said, permanent=True)
    after = _retry_after(answer.headers.get("Retry-After", ""))
    return TryLater(said, after=after) if after else DeliveryError(said, permanent=False)


def _retry_after(value: str) -> timedelta | None:
    """Seconds or a date; None when it is neither, or already past."""
    try:
        wait = timedelta(seconds=int(value)) if value.isdecimal() else parsedate_to_datetime(value) - clock.now()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(wait, _LONGEST_WAIT) if wait > timedelta(0) else None


channel = Channel("webhook", "a POST of JSON to a URL", WebhookSettings, send)
