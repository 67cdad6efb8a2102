from __future__ import annotations

import pytest

from fireline.incident.contacts import why_not
from fireline.settings import ContactSettings


@pytest.mark.parametrize(
    "address",
    ["", "  ", "[Contact Info]", "<your mail>", "TBD", "todo", "{{ address }}", "---", "N/A", "mailto:[x]", "XXX"],
)
def test_an_address_nobody_filled_in_is_not_told_even_when_confirmed(address: str) -> None:
    assert why_not(ContactSettings(address=address, confirmed=True)) == "the address was never filled in"


@pytest.mark.parametrize(
    "address", ["ann@example.org", "https://hooks.example.org/T0/B0", "none@example.org", "xxx@x.org"]
)
def test_a_confirmed_address_is_told_unless_the_incident_is_only_recorded(address: str) -> None:
    assert why_not(ContactSettings(address=address, confirmed=True), 2) == ""
    assert why_not(ContactSettings(address=address)) == "the address is not confirmed"
    assert "wakes nobody" in why_not(ContactSettings(address=address, confirmed=True), 3)
