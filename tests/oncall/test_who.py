from __future__ import annotations

from fireline.oncall.who import Place, who_is_told
from fireline.settings import ContactSettings


def test_who_would_be_told_comes_first_in_the_order_of_the_settings() -> None:
    contacts = {
        "dba": ContactSettings(role="Database Admin", address="[Contact Info]", confirmed=True),
        "ann": ContactSettings(role="On-Call Engineer", address="ann@example.org", confirmed=True),
        "ben": ContactSettings(address="ben@example.org"),
        "ops": ContactSettings(channel="webhook", address="https://chat/x", confirmed=True),
    }
    assert who_is_told(contacts) == [
        Place("ann", "On-Call Engineer", "email", True, ""),
        Place("ops", "ops", "webhook", True, ""),
        Place("dba", "Database Admin", "email", False, "the address was never filled in"),
        Place("ben", "ben", "email", False, "the address is not confirmed"),
    ]
    assert [place.told for place in who_is_told(contacts, severity_rank=3)] == [False] * 4
    assert who_is_told({}) == []
