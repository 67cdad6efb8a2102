from __future__ import annotations

from fireline.review.draft import draft
from tests.review.night import FACTS, STEP2, STEP4, at, event, facts, part


def test_what_the_runbook_lacked_names_line_and_error() -> None:
    said = part(draft(FACTS), "What the runbook lacked")
    assert "- step 2 “Check slow queries” (`incident-response.md`, line 104) failed:" in said
    assert '  ```\n  column "mean_time" does not exist\n  LINE 1: SELECT\n  ```' in said
    assert r"It is mean\_exec\_time since PostgreSQL 13." in said
    assert "- step 4 “Run optimization” was skipped by anna: not useful while it queues" in said


def test_a_replaced_command_is_shown_as_it_was_run() -> None:
    replaced = event(95, "replaced", "anna", **STEP2, command="SELECT 1;\n```\n", reason="the column is gone")
    said = part(draft(facts(events=[replaced])), "What the runbook lacked")
    assert "was replaced by anna (the column is gone); what was run instead:" in said
    assert "  ````\n  SELECT 1;\n  ```\n  ````" in said


def test_a_runbook_that_worked_is_told_so() -> None:
    said = part(draft(facts(events=[])), "What the runbook lacked")
    assert said.startswith("Nothing that the record shows")


def test_breaking_the_glass_and_resolving_in_the_red_cost_an_action_item_each() -> None:
    events = [
        event(640, "approved", "anna", **STEP4, door="cli", break_glass=True, reason="alone at night"),
        event(768, "resolved", "anna", resolution="", red=True, reason="the vendor mends it tomorrow"),
    ]
    shown = facts(events=events, resolved_red=True)
    shown["verdict"]["probe_state"] = "red"
    markdown = draft(shown)
    items = part(markdown, "Action items").splitlines()
    assert items == [
        "- [ ] Review the break-glass of anna: step 1 “End the session” (alone at night)."
        " Why was the usual way too slow? (owner: ______, due: ______)",
        "- [ ] Remove the cause that was still there when anna resolved it (the vendor mends it tomorrow)"
        " (owner: ______, due: ______)",
    ]
    assert "while its cause was still there" in markdown
    assert "**Its probe still saw it when it was asked last.**" in markdown


def test_each_gap_is_something_to_do_and_none_stands_twice() -> None:
    events = [*FACTS["events"], FACTS["events"][4], event(5, "no_match", best="Slow", score=0.1)]
    items = part(draft(facts(events=events)), "Action items").splitlines()
    assert items == [
        "- [ ] Mend step 2 “Check slow queries” (`incident-response.md`, line 104) in the runbook (owner: ______, due: ______)",
        "- [ ] Write a procedure for incidents like this one (owner: ______, due: ______)",
    ]


def test_prevention_names_what_the_record_can_know() -> None:
    breached = {**FACTS["clocks"][0], "state": "breached", "stopped_at": at(3660)}
    lost = event(
        9, "telling_failed", contact="dba", channel="email", event="opened", permanent=True, error="no such user"
    )
    said = part(draft(facts(clocks=[breached], events=[*FACTS["events"], lost, lost])), "Prevention measures")
    assert "Find out how it came to “A migration waits behind an idle transaction”" in said
    assert "- Mend the runbook where it did not work: see below." in said
    assert "- The response clock (Within 1 hour) was breached" in said
    assert said.count("dba (email) could not be told") == 1
    assert "| Response clock | Within 1 hour: breached, 1 min late |" in draft(facts(clocks=[breached]))
