from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from fireline.review.draft import MOST_EVENTS, draft, length
from tests.review.night import FACTS, T0, event, facts, part

PARSER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def test_the_draft_has_the_five_parts_and_what_follows_from_them() -> None:
    headings = [line for line in draft(FACTS).splitlines() if line.startswith("#")]
    assert headings == [
        "# Post-mortem of INC-42: Every query on assignments hangs",
        "## Incident timeline",
        "## Root cause",
        "## Resolution steps",
        "## Impact assessment",
        "## Prevention measures",
        "## What the runbook lacked",
        "## Action items",
    ]


def test_its_head_tells_who_was_there_and_how_long_it_took() -> None:
    head = draft(FACTS).split("## Incident timeline")[0]
    for row in (
        "| Severity | P1 High (label severity=critical) |",
        "| Target | main |",
        "| Detected | 2026-11-23 03:12:40 UTC |",
        "| Acknowledged | 2026-11-23 03:13:55 UTC by anna, 1 min 15 s after detection |",
        "| Resolved | 2026-11-23 03:25:28 UTC, 12 min 48 s after detection |",
        "| Time to acknowledge | 1 min 15 s |",
        "| Time to resolve | 12 min 48 s |",
        "| Response clock | Within 1 hour: met, 58 min 45 s to spare |",
        "| Post-mortem clock | within 48 hours: due 2026-11-25 03:25:28 UTC |",
        "| People | anna (commander), ben (scribe) |",
    ):
        assert row in head.splitlines()


def test_the_timeline_is_the_story_in_order() -> None:
    lines = part(draft(FACTS), "Incident timeline").splitlines()
    assert lines[:3] == ["2026-11-23, UTC:", "", "- 03:12:40 Alert from alertmanager: HighQueryLatency"]
    assert lines[-1] == "- 03:25:28 anna resolved the incident: Ended the idle session"
    assert not any("post-mortem was drafted" in line for line in lines)


def test_a_night_that_goes_on_past_midnight_names_the_next_day() -> None:
    late = event(0, "note", "anna", text="still here") | {"at": datetime(2026, 11, 24, 0, 1, tzinfo=UTC)}
    lines = part(draft(facts(events=[*FACTS["events"], late])), "Incident timeline").splitlines()
    assert lines[-4:] == ["", "2026-11-24, UTC:", "", "- 00:01:00 anna noted: still here"]


def test_the_root_cause_comes_with_its_proof_and_what_was_ruled_out() -> None:
    said = part(draft(FACTS), "Root cause")
    assert "**A migration waits behind an idle transaction** (`ddl_queue_behind_idle_tx`, confidence 0.97" in said
    assert r"- pid 4821 idle in transaction 7 min (pg\_stat\_activity)" in said
    assert "- `row_lock`: no waiter waits for a transaction id" in said
    assert "saw it gone" in said


def test_the_resolution_tells_what_was_done_and_who_approved_it() -> None:
    said = part(draft(FACTS), "Resolution steps").splitlines()
    assert said == [
        "Looked at: Check health score.",
        "",
        "1. anna skipped step 4 “Run optimization”: not useful while it queues",
        "2. Step 1 “End the session” succeeded: ended session 4821 (approved by ben)",
        "",
        "anna resolved it: Ended the idle session",
    ]


def test_the_impact_is_filled_from_the_record() -> None:
    assert part(draft(FACTS), "Impact assessment").splitlines() == [
        "Nobody could save an assignment",
        "",
        "- Users affected: 412",
        "- Lasted: 12 min 48 s",
        "- As it was reported: canceling statement due to lock timeout",
        "- Alerts: 1 (HighQueryLatency)",
    ]


def test_the_impact_tells_what_fireline_saw_around_it_with_the_first_words_of_each() -> None:
    def change(name: str, state: str, title: str, **more: Any) -> dict[str, Any]:
        return {"source": "application", "name": name, "state": state, "title": title, "again": False, **more}

    events = [
        event(5, "surroundings", changes=[change("shop", "ailing", "answers *503*"), change("acme", "well", "fine")]),
        event(
            65,
            "surroundings",
            changes=[change("shop", "ailing", "answers 500"), change("u", "ailing", "2", estimate=2)],
        ),
        event(125, "surroundings", changes=[change("shop", "well", "answers 200")]),
    ]
    guess = {"text": "about 412 users", "because": "Sentry counts them on SHOP-7K", "number": 412}
    said = part(draft(facts(events=[*FACTS["events"], *events], estimate=guess)), "Impact assessment").splitlines()
    assert said[2:6] == [
        "- Users affected: 412",
        "- Seen by Fireline: about 412 users (Sentry counts them on SHOP-7K)",
        "- Lasted: 12 min 48 s",
        r"- shop: answers \*503\* (seen 2026-11-23 03:12:45 UTC)",
    ]
    assert not any("acme" in line for line in said)


def test_an_incident_nobody_knows_anything_of_asks_for_what_it_lacks() -> None:
    bare = facts(
        verdict=None, resolution=None, impact="", users_affected=None, symptom="", alerts=[], alerts_total=0, events=[],
        places=[], clocks=[], acknowledged_at=None, acknowledged_by=None, resolved_at=None, commander=None, roles={},
        target=None, severity_reason="",
    )  # fmt: skip
    markdown = draft(bare)
    for said in (
        "Fireline named no cause. Write down here what it was, and how you know.",
        "Nothing was changed through Fireline. Write down here what ended it.",
        "Nobody has written it down. Who felt it, and how?",
        "- Users affected: not known",
        "| Acknowledged | by nobody |",
        "| Time to resolve | not over |",
        "| People | nobody |",
        "None follows from the record by itself.",
        "- [ ] (owner: ______, due: ______)",
    ):
        assert said in markdown


def test_a_long_story_is_shortened_in_the_middle_and_reminders_are_left_out() -> None:
    notes = [event(n, "note", "anna", text=f"n{n}") for n in range(MOST_EVENTS + 30)]
    told = [event(n, "told", contact="a", channel="email", event="reminder") for n in range(50)]
    lines = part(draft(facts(events=[*notes, *told])), "Incident timeline").splitlines()
    assert "- … 30 more events, see the timeline of INC-42 …" in lines
    assert sum(line.startswith("- 0") for line in lines) == MOST_EVENTS
    assert lines[-1].endswith(f"n{MOST_EVENTS + 29}")


def test_the_same_facts_give_the_same_text_and_are_left_as_they_were() -> None:
    before = copy.deepcopy(FACTS)
    assert draft(FACTS) == draft(FACTS)
    assert before == FACTS


ATTACKS = [
    "<script>x</script>",
    "](javascript:x)",
    "| a |",
    "\n# Root",
    "```",
    "<!--",
    "**",
    "\n\n- [x] done",
    "&lt;",
    "$x$",
]


@settings(deadline=None)
@given(st.sampled_from(ATTACKS), st.text(max_size=20))
def test_what_others_wrote_never_becomes_structure(attack: str, more: str) -> None:
    hostile = (more + attack + more).replace("\0", "")

    def poisoned(value: Any) -> Any:
        if isinstance(value, dict):
            kept = ("kind", "state", "id", "actor", "probe_state", "event", "level", "door", "rank")
            return {key: item if key in kept else poisoned(item) for key, item in value.items()}
        if isinstance(value, list):
            return [poisoned(item) for item in value]
        return value + hostile if isinstance(value, str) else value

    tokens, calm = PARSER.parse(draft(poisoned(FACTS))), PARSER.parse(draft(FACTS))
    assert [t.type for t in tokens if t.type != "inline"] == [t.type for t in calm if t.type != "inline"]
    allowed = {"text", "text_special", "code_inline", "strong_open", "strong_close", "softbreak"}
    assert {child.type for token in tokens for child in token.children or []} <= allowed


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (75, "1 min 15 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (180_000, "2 d 2 h"),
        (-5, "0 s"),
    ],
)
def test_a_duration_reads_as_people_say_it(seconds: float, said: str) -> None:
    assert length(timedelta(seconds=seconds)) == said


def test_what_had_changed_before_is_told_with_how_long_before_and_what_was_not_is_left_out() -> None:
    same = {"kind": "deploy", "source": "ci", "target": "main", "by": "anna", "not_before": None, "total": 3}
    changed = [
        same | {"title": "shop *4.2*", "at": T0 - timedelta(minutes=8), "when": "8 min before"},
        same
        | {
            "title": "0042",
            "kind": "migration",
            "by": "",
            "target": None,
            "source": "fireline",
            "when": "1 h to 2 h before",
        }
        | {"not_before": T0 - timedelta(hours=2), "at": T0 - timedelta(hours=1)},
    ]
    lines = part(draft(facts(changed=changed)), "What had changed").splitlines()
    assert lines[:3] == [
        "- 8 min before (2026-11-23 03:04:40 UTC): deploy: shop \\*4.2\\*, by anna (ci)",
        "- 1 h to 2 h before (between 2026-11-23 01:12:40 UTC and 2026-11-23 02:12:40 UTC): migration: 0042"
        " (fireline, may be about any target)",
        "- … and 1 more.",
    ]
    assert "What had changed" not in draft(FACTS)
