"""What statements do now against before: new, gone, called more, slower, or another plan; by change of load."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fireline.assess.changed import Change, Changes, changes
from fireline.assess.checks.statements import Statement, Statements
from fireline.assess.past import Known
from tests.assess.before import BEGAN, CALLS, LOOKS, earlier, now, seen, usual
from tests.assess.slow_shop import AT, look

EMAIL, STATE, INSERT = (
    "SELECT * FROM orders WHERE email = $1",
    "SELECT id FROM orders WHERE state = $1 AND made > $2",
    "INSERT INTO customers (name) VALUES ($1)",
)
BOTH = (usual(EMAIL), usual(STATE, ms=1, blocks=50, rows=10))


def found(*pairs: tuple[Statement, Statement | None]) -> dict[str, Change]:
    seen_ = changes(now(earlier(*BOTH), pairs))
    assert seen_ is not None
    return {one.text: one for one in seen_.changes}


def the(then: Statement | None) -> Change:
    return found((BOTH[0], then), (BOTH[1], BOTH[1]))[EMAIL]


@pytest.mark.parametrize(
    ("then", "state"),
    [
        (usual(EMAIL, blocks=1000, ms=80), "heavier for as many rows"),
        (usual(EMAIL, temp_written=CALLS * 400, ms=80), "heavier for as many rows"),
        (usual(EMAIL, ms=8), "slower"),
        (usual(EMAIL, blocks=1000, rows=500, ms=8), "slower"),
        (replace(usual(EMAIL, blocks=4, ms=0.1), calls=3000, rows=3000, shared_hit=12_000, total_ms=300), "called more"),
        (replace(usual(EMAIL), calls=30, rows=30, shared_hit=120, total_ms=3), "called less"),
        (None, "gone"),
    ],
)  # fmt: skip
def test_what_became_of_a_statement_is_told_in_a_word(then: Statement | None, state: str) -> None:
    assert the(then).state == state


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (usual(EMAIL, blocks=1000, ms=80), "250× the blocks for as many rows"),
        (usual(EMAIL, temp_written=CALLS * 400, ms=80), "through the disk for as many rows"),
        (usual(EMAIL, ms=0.75), "7.5× slower"),
        (replace(usual(EMAIL), calls=3000, rows=3000, shared_hit=12_000, total_ms=300), "called 10× as often"),
        (replace(usual(EMAIL), calls=30, rows=30, shared_hit=120, total_ms=3), "called 10× less often"),
        (None, "gone"),
    ],
)
def test_the_words_say_how_much(then: Statement | None, words: str) -> None:
    assert the(then).words == words


def test_one_that_became_faster_is_told_so() -> None:
    quick = (BOTH[0], usual(STATE, ms=0.1, blocks=50, rows=10))
    assert found((BOTH[0], BOTH[0]), (BOTH[1], quick[1]))[STATE].words == "10× faster"


def test_one_that_goes_on_as_before_is_told_without_a_word_and_far_down() -> None:
    told = found((BOTH[0], usual(EMAIL, blocks=1000, ms=80)), (BOTH[1], BOTH[1]))
    assert list(told) == [EMAIL]  # the load of the other is the same


def test_what_changed_most_in_load_comes_first_whichever_way() -> None:
    told = found((BOTH[0], usual(EMAIL, ms=0.5)), (BOTH[1], None), (usual(INSERT), usual(INSERT, ms=5)))
    assert list(told) == [INSERT, STATE, EMAIL]
    assert told[STATE].more == pytest.approx(-1.0)


def test_one_that_nobody_had_seen_is_new_and_one_that_was_kept_long_ago_is_not() -> None:
    past = earlier(*BOTH)
    snapshot = now(past, [(BOTH[0], BOTH[0]), (usual(INSERT), None)])
    statements = snapshot.last("statements", Statements)
    assert statements is not None
    fresh = replace(statements, statements=(*statements.statements[:1], usual(INSERT, ms=9)))
    snapshot = replace(snapshot, readings={**snapshot.readings, "statements": (fresh, fresh)})
    told = changes(snapshot)
    assert told is not None
    assert [one.state for one in told.changes if one.text == INSERT] == ["new"]
    key = (fresh.statements[1].queryid, fresh.statements[1].userid, fresh.statements[1].dbid, False)
    before = Known("m", "web", "app", False, INSERT, AT - timedelta(days=2))
    known = {**past.known, key: replace(before, mark=changes_mark(told))}
    again = changes(replace(snapshot, readings={**snapshot.readings, "past": (replace(past, known=known),)}))
    assert again is not None
    assert [one.state for one in again.changes if one.text == INSERT] == ["not called before"]


def changes_mark(told: Changes) -> str:
    return next(one.known.mark for one in told.changes if one.text == INSERT)


def test_one_that_the_server_may_have_forgotten_is_not_called_gone() -> None:
    past = earlier(*BOTH)
    snapshot = seen(now(past, [(BOTH[1], BOTH[1])]), evicted=40)
    told = changes(snapshot)
    assert told is not None
    assert told.evicted
    assert EMAIL not in [one.text for one in told.changes]
    kept = tuple(replace(one, evicted=40) for one in past.looks)
    same = changes(replace(snapshot, readings={**snapshot.readings, "past": (replace(past, looks=kept),)}))
    assert same is not None
    assert [(one.text, one.state) for one in same.changes] == [(EMAIL, "gone")]


def test_now_is_the_time_since_the_newest_look_and_before_what_was_before_it_began() -> None:
    told = changes(now(earlier(*BOTH), [(one, one) for one in BOTH]))
    assert told is not None
    assert (told.windows, told.before[1], told.began) == (LOOKS - 1, BEGAN, BEGAN)
    assert (told.latest.start, told.latest.end) == (AT - timedelta(minutes=5), AT)
    assert told.load == pytest.approx(1.1)


def test_without_earlier_looks_nothing_is_told() -> None:
    assert changes(look(*BOTH)) is None


def test_a_statement_that_sums_up_tells_nothing_by_its_rows() -> None:
    sums = usual("SELECT count(*) FROM orders WHERE email = $1")
    (told,) = found((BOTH[0], BOTH[0]), (BOTH[1], BOTH[1]), (sums, replace(sums, total_ms=3000.0))).values()
    assert not told.tells_rows
    assert the(usual(EMAIL, ms=8)).tells_rows


def test_the_text_is_that_of_now_also_where_it_was_written_otherwise_before() -> None:
    past = earlier(*BOTH)
    older = {key: replace(one, text=one.text.lower()) for key, one in past.known.items()}
    told = changes(now(replace(past, known=older), [(BOTH[0], usual(EMAIL, ms=8)), (BOTH[1], BOTH[1])]))
    assert told is not None
    assert told.changes[0].text == EMAIL
    assert told.changes[0].before is not None
