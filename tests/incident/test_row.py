from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fireline.errors import NotFound, Refused, Usage
from fireline.incident import row
from fireline.store.connect import Connection


@pytest.mark.parametrize("said", ["INC-7", "inc-7", "#7", "7", " 7 ", "INC-007", 7])
def test_every_way_of_naming_an_incident_gives_its_number(said: str | int) -> None:
    assert row.number(said) == 7


@pytest.mark.parametrize(
    "said", ["", "INC-", "-7", "7.0", "INC 7", "７", "seven", True, "7; DROP TABLE incident", "INC-7\0"]
)
def test_what_is_no_incident_is_said_to_be_none(said: str | int) -> None:
    with pytest.raises(Usage, match="is not an incident"):
        row.number(said)


@pytest.mark.parametrize("said", ["INC-1", "9223372036854775807", "9223372036854775808", "9999999999999999999"])
def test_an_incident_that_is_not_there_is_not_found(conn: Connection, said: str) -> None:
    with pytest.raises(NotFound, match="there is no incident INC-"):
        row.get(conn, said)


@settings(deadline=None)
@given(st.integers(1, 2**63 - 1))
def test_a_name_reads_back_as_its_number(number: int) -> None:
    assert row.number(row.name(number)) == number


@settings(deadline=None)
@given(st.text())
def test_words_can_always_be_stored_and_shown(text: str) -> None:
    clean = row.words(text, "the text", required=False, limit=100_000)
    assert clean == clean.encode().decode()
    assert not any(c < " " and c not in "\n\t" for c in clean)
    assert "\u202e" not in clean, "nothing turns the direction of a terminal or a page"


def test_words_lose_their_secrets() -> None:
    assert "hunter22" not in row.words("postgresql://app:hunter22@db/app", "the note")


def test_empty_and_endless_words_are_refused() -> None:
    with pytest.raises(Usage, match="the note is empty"):
        row.words(" \n\0\u200b ".replace("\0", ""), "the note")
    with pytest.raises(Usage, match="more than 10"):
        row.words("a" * 11, "the note", limit=10)


@pytest.mark.parametrize("status", row.ENDED)
def test_what_has_ended_is_not_open(status: str) -> None:
    with pytest.raises(Refused, match=status) as refused:
        row.must_be_open({"id": 7, "status": status})
    assert "fireline incident reopen INC-7" in (refused.value.hint or "")
