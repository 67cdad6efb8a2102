"""Who was shut out, in whoever's words."""

from __future__ import annotations

import pytest

from fireline.assess.shut_out import shut_out
from tests.assess.refusals import ago, away, log, said, snap


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (
            'no pg_hba.conf entry for host "10.0.0.9", user "web", database "shop", SSL off',
            ("web", "shop", "10.0.0.9", False),
        ),
        ('no pg_hba.conf entry for host "::1", user "web", database "shop", SSL on', ("web", "shop", "::1", True)),
        (
            'no pg_hba.conf entry for host "10.0.0.9", user "web", database "shop", no encryption',
            ("web", "shop", "10.0.0.9", False),
        ),
        (
            'pg_hba.conf rejects connection for host "[local]", user "a b", database "shop", no encryption',
            ("a b", "shop", "[local]", False),
        ),
        ('no pg_hba.conf entry for host "10.0.0.9", user "web", database "shop"', ("web", "shop", "10.0.0.9", None)),
        ("no pg_hba.conf entry for user web", ("web", "", "[local]", None)),
    ],
)
def test_the_parts_of_the_message(words: str, known: tuple[str, str, str, bool | None]) -> None:
    (found,) = shut_out(snap(f"FATAL:  {words}"))
    assert (found.user, found.database, found.host, found.encrypted) == known


def test_the_same_in_several_mouths_is_one_with_the_time_of_the_last() -> None:
    words = 'no pg_hba.conf entry for host "10.0.0.9", user "web", database "shop", SSL off'
    (found,) = shut_out(away("hba", words, words, log=log(said("FATAL", words, 90), said("FATAL", words, 30))))
    assert (found.source, found.last) == ("server's refusal", ago(30))
    assert shut_out(snap("the page is slow")) == ()
