from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fireline.communicate.owed import Facts, Owed, next_reminder, owed, subject

NIGHT = datetime(2026, 1, 5, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
REPEAT = 5 * MINUTE


def facts(*, after: timedelta = timedelta(0), **changed: Any) -> Facts:
    incident: dict[str, Any] = {
        "id": 7, "title": "Disk full", "severity": "P1", "severity_rank": 1, "status": "detected", "target": "main",
        "symptom": "Disk full\n97 % of /var", "detected_at": NIGHT, "opened_at": NIGHT, "acknowledged_at": None,
        "acknowledged_by": None, "resolved_red": False,
    }  # fmt: skip
    clock = {
        "kind": "response", "phrase": "Within 1 hour", "at_risk_at": NIGHT + 45 * MINUTE,
        "due_at": NIGHT + 60 * MINUTE, "stopped_at": None,
    }  # fmt: skip
    whole: dict[str, Any] = {
        "round": 0,
        "began": {"at": NIGHT, "actor": "cron", "payload": {}},
        "ended": None,
        "clocks": [clock],
        "approvals": [],
        "now": NIGHT + after,
        "zone": ZoneInfo("Europe/Berlin"),
        "url": "https://fireline/incidents/7",
    } | {key: value for key, value in changed.items() if key in Facts.__dataclass_fields__}
    own = {key: value for key, value in changed.items() if key in incident}
    return Facts(**{"incident": incident | own} | whole)


def events(found: list[Owed]) -> list[str]:
    return [one.event for one in found]


def test_a_new_incident_is_told_with_all_that_is_known() -> None:
    (one,) = owed(facts(), REPEAT)
    assert one.acknowledge
    assert one.to == "everybody"
    assert "\n".join(one.lines) == (
        "INC-7 is open: Disk full\n"
        "P1 on main, since 04:12 CET\n"
        "\n"
        "97 % of /var\n"
        "\n"
        "Respond by 05:12 CET (“Within 1 hour”).\n"
        "Wanted: acknowledge it, so that nobody else is woken."
    )
    assert subject(facts()) == "[P1] INC-7 Disk full"


def test_reminders_are_numbered_and_a_long_sleep_makes_one_and_not_twelve() -> None:
    assert events(owed(facts(after=4 * MINUTE), REPEAT)) == ["opened"]
    _, reminder = owed(facts(after=11 * MINUTE), REPEAT)
    assert (reminder.event, reminder.once) == ("reminder", "reminder:7:0:2")
    assert reminder.lines[0] == "Nobody has acknowledged INC-7 for 11 min: Disk full"
    assert next_reminder(facts(after=11 * MINUTE), REPEAT) == NIGHT + 15 * MINUTE


def test_after_an_acknowledgement_nobody_is_reminded() -> None:
    known = facts(after=11 * MINUTE, acknowledged_at=NIGHT, acknowledged_by="anna", clocks=[])
    (opened,) = owed(known, REPEAT)
    assert opened.lines[-1] == "anna is at it. Nothing is wanted from you."
    assert next_reminder(known, REPEAT) is None


def test_a_clock_is_told_of_at_risk_and_then_late_and_not_both() -> None:
    at_risk = owed(facts(after=46 * MINUTE), REPEAT)[-1]
    assert at_risk.lines[0] == "The response clock of INC-7 is at risk: it is due 05:12 CET (“Within 1 hour”)"
    late = owed(facts(after=60 * MINUTE), REPEAT)
    assert events(late) == ["opened", "reminder", "breached"]
    assert late[-1].lines[0] == "The response clock of INC-7 has run out: it was due 05:12 CET (“Within 1 hour”)"
    stopped = [{**facts().clocks[0], "stopped_at": NIGHT}]
    assert events(owed(facts(after=60 * MINUTE, clocks=stopped), REPEAT)) == ["opened", "reminder"]


def test_an_approval_is_asked_for_in_the_words_of_its_plan() -> None:
    approval = {
        "id": 3, "run_id": 9, "position": 2, "run_title": "Database locks", "level": "reversible",
        "expires_at": NIGHT + 15 * MINUTE,
        "shown": {"title": "End the session", "summary": "End session 4821 on main", "effect": "Its work is lost.",
                  "undo": "none: the application connects again", "target": "main", "command": "fireline …"},
    }  # fmt: skip
    one = owed(facts(approvals=[approval]), REPEAT)[-1]
    assert one.about == {"approval": 3, "run": 9}
    assert "\n".join(one.lines) == (
        "INC-7 waits for an approval: step 2 “End the session” of “Database locks”\n"
        "Disk full\n"
        "\n"
        "What would be done: End session 4821 on main\n"
        "Target: main\n"
        "It may do: reversible\n"
        "Effect: Its work is lost.\n"
        "Way back: none: the application connects again\n"
        "\n"
        "Approve or reject it by 04:27 CET."
    )


def test_without_a_plan_the_command_itself_is_shown_and_bounded() -> None:
    approval = {
        "id": 3, "run_id": 9, "position": 2, "run_title": "x", "level": None, "expires_at": NIGHT,
        "shown": {"title": "t", "command": "SELECT " + "1" * 9_000},
    }  # fmt: skip
    lines = owed(facts(approvals=[approval]), REPEAT)[-1].lines
    assert lines[3].startswith("What would be done: SELECT 111")
    assert len(lines[3]) < 700


def test_the_end_is_told_to_those_who_were_told_of_the_beginning() -> None:
    ended = {
        "seq": 9,
        "at": NIGHT + 95 * MINUTE,
        "actor": "anna",
        "payload": {"resolution": "Logs removed.", "reason": ""},
    }
    (one,) = owed(facts(status="resolved", ended=ended, clocks=[], resolved_red=True), REPEAT)
    assert (one.event, one.once, one.to) == ("resolved", "resolved:7:9", "told")
    assert list(one.lines) == [
        "INC-7 is resolved by anna after 1 h 35 min: Disk full",
        "Logs removed.",
        "Its cause was still seen when it was resolved.",
        "",
        "Nothing is wanted from you.",
    ]
    (dismissed,) = owed(facts(status="dismissed", ended=ended | {"payload": {"reason": "a test"}}, clocks=[]), REPEAT)
    assert dismissed.lines[:2] == ["INC-7 is dismissed by anna after 1 h 35 min: Disk full", "a test"]


def test_a_post_mortem_that_is_late_is_told_after_the_end() -> None:
    ended = {"seq": 9, "at": NIGHT, "actor": "anna", "payload": {}}
    clock = {
        **facts().clocks[0],
        "kind": "postmortem",
        "phrase": "within 48 hours",
        "due_at": NIGHT + timedelta(hours=48),
    }
    one = owed(facts(after=timedelta(hours=48, minutes=5), status="resolved", ended=ended, clocks=[clock]), REPEAT)[-1]
    assert one.lines[0] == "The post-mortem clock of INC-7 has run out: it was due 04:12 CET (“within 48 hours”)"
    assert not one.acknowledge
    early = owed(
        facts(after=timedelta(hours=40), status="resolved", ended=ended, clocks=[clock | {"at_risk_at": NIGHT}]), REPEAT
    )
    assert "it is due Wed 07 Jan 04:12 CET" in early[-1].lines[0]


def test_an_incident_that_is_open_again_is_told_as_such() -> None:
    (one,) = owed(facts(round=1, began={"at": NIGHT, "actor": "anna", "payload": {"reason": "still slow"}}), REPEAT)
    assert one.once == "opened:7:1"
    assert one.lines[0] == "INC-7 is open again: still slow"


def test_a_long_complaint_is_cut() -> None:
    (one,) = owed(facts(symptom="\n".join(str(number) for number in range(100)), target=None), REPEAT)
    assert one.lines[1] == "P1, since 04:12 CET"
    assert "…" in one.lines
    assert "12" not in one.lines
