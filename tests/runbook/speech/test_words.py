"""Words folded and stemmed, and the concepts they speak of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.runbook.speech.words import concepts_of, folded, speech, stem, tokens

STEMS = {
    "queries": "query", "crashed": "crash", "crashes": "crash", "hung": "hang", "dropped": "drop", "dropping": "drop",
    "falling": "fall", "indexes": "index", "timeouts": "timeout", "freezing": "freez", "frozen": "freez", "status": "status",
    "access": "access", "p95": "p95", "is": "is",
}  # fmt: skip


@pytest.mark.parametrize(("word", "one"), STEMS.items())
def test_endings_are_taken_off(word: str, one: str) -> None:
    assert stem(word) == stem(one)


def test_names_of_alerts_accents_and_denials() -> None:
    assert [one for one, _ in tokens("HighQueryLatency DBHighLoad")] == [
        "high",
        "query",
        "latency",
        "db",
        "high",
        "load",
    ]
    assert [word for _, word in tokens("can't won't does not unable to")] == ["cant", "not", "not", "cant"]
    assert folded("Übergröße É") == "ubergrosse e"


def test_a_word_within_a_phrase_does_not_speak_for_itself() -> None:
    said = speech("hundreds of failed logins")
    assert said.concepts == {"breach": ("failed logins",)}
    assert speech("the upload failed").concepts["broken"] == ("failed",)
    assert "breach" in concepts_of("hacker")


@given(st.text(max_size=200))
def test_any_text_has_words(text: str) -> None:
    said = speech(text)
    assert all(said.words)
    assert all(shown for shown in said.concepts.values())
