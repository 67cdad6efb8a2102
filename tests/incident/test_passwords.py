from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from fireline.errors import Usage
from fireline.incident import passwords

pytestmark = pytest.mark.usefixtures("slow_passwords")


def test_a_password_fits_its_hash_and_no_other() -> None:
    stored = passwords.hashed("three horses by the river", "anna")
    assert stored.startswith("$argon2id$")
    assert passwords.fits("three horses by the river", stored)
    assert not passwords.fits("three horses by the River", stored)
    assert not passwords.fits("", stored)


def test_nothing_fits_where_there_is_no_hash() -> None:
    assert not passwords.fits("three horses by the river", None)
    assert not passwords.fits("", None)


@pytest.mark.parametrize("stored", ["", "x", "$argon2id$broken", "plain text"])
def test_a_hash_that_can_not_be_read_fits_nothing(stored: str) -> None:
    assert not passwords.fits("three horses by the river", stored)


@settings(max_examples=8, deadline=None)
@given(st.text(st.characters(), min_size=10, max_size=60).filter(lambda text: len(set(text)) > 4))
def test_every_writing_can_be_a_password(password: str) -> None:
    assert passwords.fits(password, passwords.hashed(password, "anna"))


def test_a_novel_is_no_password_and_costs_nothing_to_refuse() -> None:
    with pytest.raises(Usage, match="longer than 1024 bytes"):
        passwords.hashed("ab12" * 300, "anna")
    assert not passwords.fits("ab12" * 1_000_000, passwords.hashed("three horses", "anna"))


@pytest.mark.parametrize("weak", ["", "short", "aaaaaaaaaaaa", "anna12345678", "ANNA12345678"])
def test_a_weak_password_is_refused(weak: str) -> None:
    with pytest.raises(Usage, match="the password is"):
        passwords.hashed(weak, "anna")


def test_a_hash_costs_whoever_guesses_time_and_memory() -> None:
    assert "$m=19456,t=2,p=1$" in passwords.hashed("three horses by the river", "anna")


def test_a_hash_of_other_parameters_is_outdated() -> None:
    assert passwords.outdated(PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("x"))
    assert not passwords.outdated(passwords.rehashed("x"))
