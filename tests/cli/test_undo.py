"""`fireline undo`, and what the terminal tells of a remedy that is not done."""

from tests.cli.conftest import Fireline
from tests.cli.screen import screen

NOBODY = "2147483647"  # no process has this number


def test_the_newest_change_is_put_back_and_only_once(house: Fireline, worker: int) -> None:
    raised = house("fence", "--level", "read-only", "--yes")
    assert raised.code == 0, raised.out + raised.err
    assert "`fireline unfence` lifts it" in " ".join(raised.out.split())
    planned = house("undo", "--plan")
    assert "  undo     " in planned.out
    assert house.data("fence", "status")["state"] == "up"
    done = house("undo", "--yes")
    assert done.code == 0, done.out + done.err
    assert "put back: " in done.out
    assert house.data("fence", "status")["state"] == "lifted"
    again = house("undo", "--yes")
    assert again.code == 1
    assert "is put back already" in again.err


def test_where_nothing_was_changed_there_is_nothing_to_put_back(house: Fireline) -> None:
    assert "nothing was changed" in house("undo", "--yes").err
    assert "run 7 changed nothing" in house("undo", "7").err


def test_a_remedy_that_can_not_begin_ends_with_the_reason(house: Fireline, worker: int) -> None:
    done = house("resolve", "terminate-session", NOBODY, "--yes")
    assert done.code == 1
    assert NOBODY in done.out
    assert "error: terminate-session is not done: run 1 failed" in done.err
    assert house("run", "show", "1", "--follow").code == 0


def test_a_plan_that_is_rejected_at_the_terminal_is_over(house: Fireline, worker: int) -> None:
    with screen(house, "fence", "--level", "read-only") as here:
        here.expect("Approve exactly this? [y/n/?/q]", 40)
        here.type("n")
        here.expect("nothing was done", 40)
        assert here.leave() == 1
    assert house.data("run", "show", "1")["steps"][0]["state"] == "cancelled"


def test_who_leaves_at_the_question_is_told_that_it_waits(house: Fireline, worker: int) -> None:
    with screen(house, "fence", "--level", "read-only") as here:
        here.expect("Approve exactly this? [y/n/?/q]", 40)
        here.type("q")
        here.expect("`fireline approve 1 1`", 40)
        assert here.leave() == 1
