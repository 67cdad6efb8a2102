from __future__ import annotations

from typing import Any

from fireline.demo import night


def step(position: int = 4, **said: Any) -> dict[str, Any]:
    return {
        "position": position,
        "state": "waiting",
        "waits_for": "approval",
        "replaced": False,
        "approval": None,
        **said,
    }


def view(*steps: dict[str, Any], state: str = "waiting") -> dict[str, Any]:
    return {"runs": [{"run": 1, "state": state, "steps": list(steps)}]}


def test_the_step_that_waits_is_found_with_its_run() -> None:
    found = night.waiting(view(step(1, waits_for=None, state="failed"), step(2)))
    assert found is not None
    assert (found[0]["run"], found[1]["position"]) == (1, 2)
    assert night.waiting(view(step(waits_for="input"))) is None
    assert night.waiting({"runs": []}) is None


def test_a_replaced_step_asks_only_when_its_own_approval_is_asked_for() -> None:
    fresh = step(replaced=True, approval={"state": "asked"})
    assert night.asked(view(fresh), 4) == fresh
    assert night.asked(view(fresh), 3) is None
    assert night.asked(view(step(approval={"state": "asked"})), 4) is None
    assert night.asked(view(step(replaced=True, approval={"state": "void"})), 4) is None
    assert night.asked(view(step(replaced=True)), 4) is None


def test_a_step_is_done_when_it_has_succeeded_and_a_run_when_it_goes_on_no_more() -> None:
    assert night.done(view(step(state="succeeded")), 4)
    assert not night.done(view(step(state="failed")), 4)
    assert night.finished(view(state="succeeded"))
    assert not night.finished(view(state="running"))


def test_of_a_large_tree_the_first_are_shown_and_the_others_counted() -> None:
    tree = [{"pid": 10 + n, "depth": min(n, 2), "text": "waits"} for n in range(8)]
    assert night.branches(tree) == [
        "pid 10  waits", "   pid 11  waits", "      pid 12  waits", "      pid 13  waits", "      and 4 more",
    ]  # fmt: skip
    assert len(night.branches(tree[:5])) == 5, "one more line is no longer than saying that there is one more"
    assert night.branches([]) == []


def test_of_a_draft_the_sections_are_shown_with_their_first_sentence() -> None:
    text = "# Title\n\n| a |\n\n## Root cause\n\nAn idle session.\n\n## Table\n\n| x |\n\n## Last\n"
    assert night.headings(text) == ["## Root cause: An idle session.", "## Table", "## Last: "]
