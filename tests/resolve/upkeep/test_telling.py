"""The sentences of a plan and of what came of it."""

from __future__ import annotations

from dataclasses import replace

from fireline.resolve.upkeep.item import Chosen, Suggestion
from fireline.resolve.upkeep.telling import effect, outcome, summary
from fireline.resolve.upkeep.turn import Done
from tests.resolve.upkeep.test_narrow import item


def test_what_would_be_done_is_counted_by_kind() -> None:
    chosen = Chosen((item("drop"), item("drop"), item("reindex"), item("analyze")), (), (Suggestion("a", "b", "c"),))
    assert summary("main", chosen) == (
        "On main, one after another: analyze 1 table, drop 2 leftover indexes, rebuild 1 index; 1 suggested for a person."
    )


def test_a_plan_for_nothing_says_so() -> None:
    assert summary("main", Chosen()) == "Nothing wants doing on main now."
    assert effect(Chosen(), unseen=True) == "Nothing is changed."


def test_the_disk_it_takes_and_standbys_nobody_can_see_are_told() -> None:
    told = effect(Chosen((replace(item("reindex"), need=2**20), item("vacuum"))), unseen=True)
    assert "our role can not see how far the standbys are behind. Up to 1 MB of disk for a while." in told


def test_what_was_not_done_is_told_with_the_first_reason() -> None:
    found = [
        Done(item("analyze"), "done"),
        Done(item("vacuum"), "not needed", "somebody was quicker"),
        Done(item("reindex"), "skipped", "a session has a transaction open"),
        Done(item("validate"), "not begun", "it was stopped"),
    ]
    assert outcome(found) == (
        "analyzed 1 table; 1 needed nothing any more; reindex public.orders: skipped, a session has a transaction open,"
        " and 1 more not done"
    )
    assert outcome(found[1:2]) == "nothing was changed; 1 needed nothing any more"
