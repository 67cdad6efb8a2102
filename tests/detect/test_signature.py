from __future__ import annotations

import pytest

from fireline.detect import signature
from fireline.detect.source import Event, Inbound, Source
from fireline.errors import Unauthenticated
from tests.detect import delivering


def nothing(inbound: Inbound) -> list[Event]:
    return []


SIGNED = Source("signed", "signs", nothing, lambda inbound: signature.check(inbound, "X-Signature"), signed=True)
BODY = b'{"a":  1, "b": "\xc3\xa4"}'


def test_the_signature_is_made_over_the_raw_body() -> None:
    made = delivering.signature(BODY)
    signature.check(delivering.inbound(SIGNED, BODY, headers={"x-signature": made}), "X-Signature")
    signature.check(delivering.inbound(SIGNED, BODY, headers={"x-signature": made.upper()}), "X-Signature")


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "the signature is absent: no X-Signature"),
        ({"x-signature": ""}, "the signature is absent: no X-Signature"),
        ({"x-signature": "0" * 64}, "the signature in X-Signature is wrong"),
        ({"x-signature": delivering.signature(BODY)[:-1]}, "the signature in X-Signature is wrong"),
        ({"x-signature": delivering.signature(BODY, "another")}, "the signature in X-Signature is wrong"),
        ({"x-signature": "\u00e4"}, "the signature in X-Signature is wrong"),
    ],
)
def test_a_wrong_or_absent_signature_is_refused(headers: dict[str, str], said: str) -> None:
    with pytest.raises(Unauthenticated, match=said):
        signature.check(delivering.inbound(SIGNED, BODY, headers=headers), "X-Signature")


def test_an_altered_body_does_not_fit_its_signature() -> None:
    headers = {"x-signature": delivering.signature(BODY)}
    with pytest.raises(Unauthenticated):
        signature.check(delivering.inbound(SIGNED, BODY.replace(b"1", b"2"), headers=headers), "X-Signature")


def test_without_a_secret_in_the_settings_nothing_is_checked() -> None:
    signature.check(delivering.inbound(SIGNED, BODY, secret=None), "X-Signature")
