"""What was done between two looks: counters that only grow, begin anew, are forgotten, or belong to another server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fireline.assess.past import Counters, Kept, Key, Known
from fireline.assess.windows import Window, rates, usual, window, windows

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
ONE, TWO = (1, 10, 5, False), (2, 10, 5, False)
KNOWN: dict[Key, Known] = {
    ONE: Known("mark one", "web", "app", False, "SELECT 1"),
    TWO: Known("mark two", "web", "app", False, "SELECT 2"),
}
FIRST, SECOND = KNOWN[ONE].name, KNOWN[TWO].name
RESET = AT - timedelta(days=9)


def kept(minute: float = 0, counters: dict[Key, Counters] | None = None, **more: object) -> Kept:
    at = AT + minute * MINUTES
    made = Kept(at, at, 18, RESET, RESET, 0, True, 0.0, counters or {})
    return replace(made, **more)  # type: ignore[arg-type]


def between(before: Kept, after: Kept) -> Window:
    found = window(before, after, KNOWN)
    assert found is not None
    return found


def test_what_was_done_is_the_difference() -> None:
    did = between(kept(0, {ONE: Counters(10, 100.0, 10, 40, 2)}), kept(5, {ONE: Counters(14, 120.0, 14, 60, 3)})).did
    assert did == {FIRST: Counters(4, 20.0, 4, 20, 1)}


def test_a_counter_that_went_down_began_anew() -> None:
    found = between(kept(0, {ONE: Counters(1000, 900.0, 9, 40)}), kept(5, {ONE: Counters(7, 3.0, 7, 28)}))
    assert found.did == {FIRST: Counters(7, 3.0, 7, 28)}
    assert found.fresh == {FIRST}


def test_one_that_went_down_in_blocks_alone_began_anew_too() -> None:
    did = between(kept(0, {ONE: Counters(10, 1.0, 10, 90_000)}), kept(5, {ONE: Counters(500, 50.0, 500, 2000)})).did
    assert did[FIRST].hit == 2000


def test_after_a_reset_all_counters_count_from_nought_even_those_that_are_higher() -> None:
    after = kept(5, {ONE: Counters(50, 5.0, 50, 200)}, reset_at=AT + 1 * MINUTES)
    assert between(kept(0, {ONE: Counters(10, 1.0, 10, 40)}), after).did[FIRST].calls == 50


def test_a_statement_whose_own_counters_began_since_counts_from_nought() -> None:
    since = (AT + 2 * MINUTES).timestamp()
    after = kept(5, {ONE: Counters(50, 5.0, 50, 200, since=since)})
    assert between(kept(0, {ONE: Counters(10, 1.0, 10, 40)}), after).did[FIRST].calls == 50


def test_one_that_was_not_there_is_new_when_all_were_kept() -> None:
    found = between(kept(0), kept(5, {ONE: Counters(3, 1.0, 3, 9)}))
    assert (found.did[FIRST].calls, set(found.fresh)) == (3, {FIRST})


def test_one_that_was_not_kept_among_many_is_unknown_unless_it_can_have_taken_next_to_nothing() -> None:
    some = kept(0, whole=False, least_ms=500.0)
    assert between(some, kept(5, {ONE: Counters(90_000, 800.0, 3, 9)})).did == {}
    assert between(some, kept(5, {ONE: Counters(90_000, 60_000.0, 3, 9)})).did[FIRST].total_ms == 60_000


def test_counters_of_another_server_are_not_compared() -> None:
    other = kept(5, {ONE: Counters(5_000_000, 9e9, 1, 1)}, reset_at=RESET - timedelta(days=90))
    assert window(kept(0, {ONE: Counters(10, 1.0, 10, 40)}), other, KNOWN) is None


def test_a_fresh_server_that_was_set_up_since_counts_from_nought() -> None:
    fresh = kept(5, {ONE: Counters(20, 2.0, 20, 80)}, reset_at=AT + 3 * MINUTES, started=AT + 3 * MINUTES)
    assert between(kept(0, {ONE: Counters(10, 1.0, 10, 40)}), fresh).did[FIRST].calls == 20


def test_a_restart_that_kept_the_counters_changes_nothing() -> None:
    after = kept(5, {ONE: Counters(14, 2.0, 14, 60)}, started=AT + 1 * MINUTES)
    assert between(kept(0, {ONE: Counters(10, 1.0, 10, 40)}), after).did[FIRST].calls == 4


def test_where_resets_are_not_told_only_a_server_that_was_not_restarted_is_the_same() -> None:
    before = kept(0, {ONE: Counters(10, 1.0, 10, 40)}, reset_at=None)
    assert between(before, kept(5, {ONE: Counters(14, 2.0, 14, 60)}, reset_at=None)).did[FIRST].calls == 4
    assert window(before, kept(5, {ONE: Counters(14, 2.0, 14, 60)}, reset_at=None, started=AT), KNOWN) is None


def test_across_an_upgrade_nothing_is_compared_and_the_same_statement_is_one() -> None:
    assert window(kept(0, {ONE: Counters(10)}), kept(5, {TWO: Counters(10)}, major=19), KNOWN) is None
    renumbered: dict[Key, Known] = {ONE: KNOWN[ONE], TWO: replace(KNOWN[ONE], text="select 1")}
    looks = [kept(0, {ONE: Counters(10, 1.0)}), kept(5, {ONE: Counters(20, 2.0)})]
    later = [kept(10, {TWO: Counters(0)}, major=19), kept(15, {TWO: Counters(30, 3.0)}, major=19)]
    found = windows([*looks, *later], renumbered)
    assert [one.did[FIRST].calls for one in found] == [10, 30]


def test_looks_a_moment_apart_are_one() -> None:
    looks = [kept(0, {ONE: Counters(10)}), kept(0.1, {ONE: Counters(11)}), kept(5, {ONE: Counters(20)})]
    assert [one.did[FIRST].calls for one in windows(looks, KNOWN)] == [10]
    assert window(looks[0], looks[1], KNOWN) is None


def test_what_is_usual_is_the_middle_and_odd_windows_do_not_count() -> None:
    totals = [Counters(100 * n, 10.0 * n, 100 * n, 400 * n) for n in range(6)]
    totals[5] = Counters(5000, 90_000.0, 500, 900_000)
    found = usual(FIRST, windows([kept(5 * n, {ONE: one}) for n, one in enumerate(totals)], KNOWN))
    assert found is not None
    assert (round(found.mean_ms, 3), found.blocks, found.rows) == (0.1, 4.0, 1.0)
    assert round(found.calls * 300) == 100
    assert usual(SECOND, windows([kept(0), kept(5)], KNOWN)) is None


def test_one_that_comes_now_and_then_is_told_by_the_windows_it_came_in() -> None:
    calls = [0, 0, 0, 0, 10, 10, 10]
    looks = [kept(5 * n, {ONE: Counters(total, 100.0 * total, total, 50 * total)}) for n, total in enumerate(calls)]
    found = usual(FIRST, windows(looks, KNOWN))
    assert found is not None
    assert (found.mean_ms, found.blocks) == (100.0, 50.0)
    assert round(found.calls * 1800) == 10  # in half an hour


def test_rates_are_of_one_call_and_one_second() -> None:
    one = rates(Counters(600, 1200.0, 60, 2000, 400, 1200, 60.0), 300)
    assert (one.calls, one.load, one.mean_ms, one.blocks, one.rows, one.temp, one.jit_ms) == (2, 4, 2, 4, 0.1, 2, 0.1)


_counters = st.builds(
    Counters,
    *(st.integers(0, 10**6) for _ in range(1)),
    st.floats(0, 1e6),
    *(st.integers(0, 10**6) for _ in range(4)),
)


@given(_counters, _counters, st.booleans(), st.booleans(), st.floats(0, 1e6))
def test_nothing_is_ever_negative_nor_more_than_what_is_there(
    then: Counters, now: Counters, reset: bool, whole: bool, least: float
) -> None:
    before = kept(0, {ONE: then}, whole=whole, least_ms=least)
    after = kept(5, {ONE: now, TWO: now}, reset_at=AT + MINUTES if reset else RESET)
    found = window(before, after, KNOWN)
    assert found is not None
    for one in found.did.values():
        assert 0 <= one.calls <= now.calls
        assert 0 <= one.total_ms <= now.total_ms
        assert 0 <= one.blocks <= now.blocks
        assert 0 <= one.temp <= now.temp
