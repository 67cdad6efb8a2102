"""A diagnosis in the words of a runbook."""

from __future__ import annotations

from fireline.runbook.speech.causes import spoken
from fireline.runbook.speech.words import speech


def test_a_known_cause_is_said_in_other_words_and_an_unknown_one_in_its_own() -> None:
    assert spoken("ddl_queue_behind_idle_tx") == "slow queries, statements hang behind a lock, timeouts"
    assert spoken("kafka-lag_high") == "kafka lag high"


def test_every_family_speaks_of_something() -> None:
    for cause in ("missing_index", "mass_delete", "page_corruption", "role_bypassrls", "hba_reject", "replay_paused"):
        assert speech(spoken(cause)).concepts
