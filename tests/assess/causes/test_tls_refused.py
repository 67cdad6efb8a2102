"""No agreement on encryption."""

from __future__ import annotations

import pytest

from fireline.assess.causes.tls_refused import judge
from tests.assess.refusals import away, the


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("server does not support SSL, but SSL was required", "ssl = off"),
        ("SSL error: certificate verify failed: certificate has expired", "Renew"),
        ('server certificate for "a" does not match host name "b"', "as its certificate does"),
        ('root certificate file "/x/root.crt" does not exist', "sslrootcert"),
        ("SSL error: certificate verify failed", "somebody may stand between"),
        ("SSL error: something new", "Check sslmode"),
    ],
)
def test_the_advice_fits_the_words(words: str, advice: str) -> None:
    assert advice in " ".join(the(judge(away("tls", words))).remedy.text.split())


def test_another_refusal_is_silent() -> None:
    assert judge(away("hba", "no pg_hba.conf entry")) == ()
