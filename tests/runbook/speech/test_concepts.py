"""The table of concepts holds together: every name is known, every phrase is found by its own concept."""

from __future__ import annotations

import pytest

from fireline.runbook.speech.concepts import CONCEPTS, ELSEWHERE, RELATED, SCOPES, TROUBLES
from fireline.runbook.speech.words import speech


def test_every_related_concept_exists_and_is_less_than_the_same() -> None:
    for concept, kin in RELATED.items():
        assert {concept, *kin} <= set(CONCEPTS)
        assert all(0 < near <= 1 for near in kin.values())
    assert len(CONCEPTS) == len(SCOPES) + len(TROUBLES) + len(ELSEWHERE)


@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_phrase_speaks_of_its_concept(concept: str) -> None:
    phrases = [phrase.strip() for phrase in CONCEPTS[concept].replace("\n", " ").split(",")]
    assert all(phrases)
    assert [phrase for phrase in phrases if concept not in speech(phrase).concepts] == []
