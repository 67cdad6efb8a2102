"""A pooler with nothing behind it."""

from __future__ import annotations

import pytest

from fireline.assess.causes.pooler_without_server import judge
from tests.assess.refusals import away, facts, the


@pytest.mark.parametrize(
    "words", ["pgbouncer cannot connect to server", "query_wait_timeout", "server login failed: FATAL x"]
)
def test_its_words_send_past_it(words: str) -> None:
    found = the(judge(away("pooler", words)))
    assert words in facts(found)
    assert "past the pooler" in found.remedy.text


def test_a_server_that_refuses_by_itself_is_another_thing() -> None:
    assert judge(away("slots", "sorry, too many clients already")) == ()
