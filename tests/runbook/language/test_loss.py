"""Words of SQL that no parser can read; what a tree says is tested with `sqltext`."""

from __future__ import annotations

from fireline.runbook.language.loss import destructive_words


def test_keywords_count_and_comments_and_locks_do_not() -> None:
    assert destructive_words("nonsense DROP x", "it") == "it says DROP"
    assert destructive_words("nonsense FOR UPDATE -- DELETE", "it") is None
    assert destructive_words("nonsense FOR NO KEY UPDATE 'DROP'", "it") is None
    assert destructive_words("'unclosed DROP", "it") is None
