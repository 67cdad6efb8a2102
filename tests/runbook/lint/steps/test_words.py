"""The words are folded ones, and each pattern knows its own and leaves the others."""

from __future__ import annotations

import re

import pytest

from fireline.runbook.lint.steps import words
from fireline.runbook.speech.words import folded

PATTERNS = {name: one for name, one in vars(words).items() if isinstance(one, re.Pattern)}


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_is_written_in_folded_words(name: str) -> None:
    bare = re.sub(r"\\.", "", PATTERNS[name].pattern)
    assert bare == folded(bare)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("TAKES", "create a backup"),
        ("USES", "restore from backup"),
        ("MAKES_SURE", "make sure that a backup exists"),
        ("NOT_A_BACKUP", "restart the backup server"),
        ("LOOKS", "überprüfen"),
        ("STOPS", "Arrêter l'application"),
        ("NOT_STOPPING", "resume traffic"),
        ("QUIET", "no connections are left"),
        ("BACK", "Rückgängig machen"),
    ],
)
def test_a_pattern_knows_its_words(name: str, said: str) -> None:
    assert PATTERNS[name].search(folded(said))
    assert not PATTERNS[name].search("write an email")
