"""Sessions, locks and times in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fireline.assess.tangle import tangles
from fireline.assess.telling import MOST_LINES, command, listed, shortened, span, tree, who
from tests.assess.test_tangle import reading, session


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0.0 s"), (0.43, "0.4 s"), (9.94, "9.9 s"), (42.9, "42 s"), (60, "1 min"), (380, "6 min 20 s"),
        (3600, "1 h"), (7500, "2 h 5 min"), (90_000, "1 d 1 h"), (172_800, "2 d"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_a_session_is_named_by_its_application_or_its_user() -> None:
    assert who(replace(session(1), client="10.0.3.7")) == "app1@10.0.3.7"
    assert who(replace(session(1), application="")) == "app@local"
    assert who(replace(session(1), application="", user=None, kind="autovacuum worker")) == "autovacuum worker@local"


def test_a_statement_is_named_by_its_first_words() -> None:
    said = {
        "alter table a add b int": "ALTER TABLE",
        "SELECT 1": "SELECT",
        "VACUUM FULL a": "VACUUM FULL",
        "CLUSTER;": "CLUSTER",
    }
    assert {text: command(replace(session(1), query=text)) for text in said} == said
    assert command(replace(session(1), query="")) == "a statement"


def test_names_are_listed_once_and_not_without_end() -> None:
    assert listed(["a", "b", "a"]) == "a, b"
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert len(shortened("x" * 500)) == 100


def test_a_tree_shows_the_roots_and_then_the_waiters_under_whom_they_wait_for() -> None:
    (found,) = tangles(reading(*map(session, range(1, 6)), blocked={2: (1,), 3: (2,), 4: (1,), 5: (4,)}))
    lines = tree(found)
    assert [(line.pid, line.depth, line.root) for line in lines] == [
        (1, 0, True), (2, 1, False), (3, 2, False), (4, 1, False), (5, 2, False),
    ]  # fmt: skip


def test_a_tree_of_very_many_says_how_many_more_there_are() -> None:
    (found,) = tangles(reading(*map(session, range(1, 60)), blocked=dict.fromkeys(range(2, 60), (1,))))
    lines = tree(found)
    assert len(lines) == 1 + MOST_LINES + 1
    assert lines[-1].text == "… and 46 more wait"
