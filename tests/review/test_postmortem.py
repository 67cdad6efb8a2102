from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.errors import Denied, NotFound, Refused, Usage
from fireline.incident import clocks, findings, timeline, transitions
from fireline.incident.people import Actor
from fireline.incident.scheme import Scheme
from fireline.review import postmortem as review
from fireline.store.connect import Connection, Store
from tests.review.rows import a_run

ANNA, BEN, GUEST = Actor("anna"), Actor("ben", door="page"), Actor("guest", role="viewer")
SCHEME = Scheme(targets=("main",))
VERDICT = {
    "cause": "idle_tx",
    "title": "An idle transaction holds a lock",
    "severity": "critical",
    "confidence": 0.97,
    "evidence": [{"source": "pg_stat_activity", "fact": "pid 4821 idle 7 min"}],
    "probe": {"sql": "SELECT 1", "expect": "rows = 0"},
}


def an_incident(conn: Connection, *, severity: str = "P1", resolve: bool = True) -> int:
    said = transitions.declare(conn, ANNA, title="Saving hangs", severity=severity, scheme=SCHEME)
    incident: int = said["number"]
    (finding,) = findings.record(conn, incident, "main", [VERDICT], clock.now(), 800)
    if resolve:
        findings.set_probe_state(conn, finding, "green")
        transitions.resolve(conn, ANNA, incident=str(incident), resolution="Ended session 4821", scheme=SCHEME)
    return incident


def kinds(conn: Connection, incident: int) -> list[str]:
    return [event["kind"] for event in timeline.read(conn, incident)]


def test_reading_a_post_mortem_drafts_it_from_the_record(conn: Connection) -> None:
    incident = an_incident(conn)
    a_run(conn, incident)
    found = review.postmortem(conn, GUEST, incident=f"INC-{incident}", scheme=SCHEME)
    assert (found["incident"], found["required"], found["edited_by"], found["revision"]) == (
        f"INC-{incident}", True, None, 1,
    )  # fmt: skip
    for said in (
        f"# Post-mortem of INC-{incident}: Saving hangs",
        "| Severity | P1 High (set by anna) |",
        "**An idle transaction holds a lock**",
        "anna resolved it: Ended session 4821",
        "- step 2 “Check slow queries” (`incident-response.md`, line 104) failed:",
    ):
        assert said in found["markdown"]
    assert kinds(conn, incident)[-1] == "postmortem_drafted"
    assert review.state(conn, incident, required=True) == {
        "exists": True, "required": True, "seen": False, "edited_by": None,
    }  # fmt: skip


def test_a_draft_nobody_touched_follows_the_record_without_a_word(conn: Connection) -> None:
    incident = an_incident(conn)
    first = review.postmortem(conn, ANNA, incident=str(incident), scheme=SCHEME)
    again = review.postmortem(conn, ANNA, incident=str(incident), scheme=SCHEME)
    assert (again["markdown"], again["revision"]) == (first["markdown"], 1)
    transitions.impact(conn, ANNA, incident=str(incident), text="Nobody could save", users=412)
    fresh = review.postmortem(conn, ANNA, incident=str(incident), scheme=SCHEME)
    assert "- Users affected: 412" in fresh["markdown"]
    assert fresh["revision"] == 2
    assert kinds(conn, incident).count("postmortem_drafted") == 1


def test_what_a_person_wrote_is_never_overwritten(conn: Connection) -> None:
    incident = an_incident(conn)
    review.postmortem(conn, ANNA, incident=str(incident))
    saved = review.edit_postmortem(conn, BEN, incident=str(incident), markdown="# Mine\r\n\r\nWe learned.")
    assert (saved["changed"], saved["edited_by"], saved["markdown"]) == (True, "ben", "# Mine\n\nWe learned.\n")
    transitions.note(conn, ANNA, incident=str(incident), text="one more fact")
    assert review.draft_missing(conn) == []
    found = review.postmortem(conn, ANNA, incident=str(incident))
    assert (found["markdown"], found["edited_by"]) == ("# Mine\n\nWe learned.\n", "ben")
    assert "one more fact" in found["draft"], "what the record would say now is there to compare with"
    assert timeline.read(conn, incident)[-2]["payload"] == {"by": "ben"}


def test_saving_the_draft_unchanged_confirms_it_and_the_incident_can_be_closed(conn: Connection) -> None:
    incident = an_incident(conn)
    found = review.postmortem(conn, ANNA, incident=str(incident))
    with pytest.raises(Refused, match="nobody has looked at"):
        transitions.close(conn, ANNA, incident=str(incident))
    said = review.edit_postmortem(conn, ANNA, incident=str(incident), markdown=found["markdown"])
    assert said["text"] == f"The post-mortem of INC-{incident} is confirmed as it stands."
    again = review.edit_postmortem(conn, ANNA, incident=str(incident), markdown=found["markdown"])
    assert (again["changed"], again["text"]) == (False, "Nothing has changed.")
    assert kinds(conn, incident).count("postmortem_edited") == 1
    assert transitions.close(conn, ANNA, incident=str(incident))["status"] == "reviewed"


def test_what_was_written_before_the_end_is_to_be_looked_at_again(conn: Connection) -> None:
    incident = an_incident(conn)
    text = "# What happened"
    review.edit_postmortem(conn, ANNA, incident=str(incident), markdown=text)
    transitions.reopen(conn, BEN, incident=str(incident), reason="it came back", scheme=SCHEME)
    transitions.resolve(conn, BEN, incident=str(incident), scheme=SCHEME)
    assert review.state(conn, incident, required=True)["seen"] is False
    with pytest.raises(Refused, match="nobody has looked at its post-mortem"):
        transitions.close(conn, ANNA, incident=str(incident))
    said = review.edit_postmortem(conn, ANNA, incident=str(incident), markdown=text)
    assert said["text"].endswith("is confirmed as it stands.")
    assert clocks.of(conn, incident)[-1]["stopped_at"] is not None
    assert transitions.close(conn, ANNA, incident=str(incident))["status"] == "reviewed"


def test_the_first_save_stops_the_clock_of_the_post_mortem(conn: Connection) -> None:
    incident = an_incident(conn)
    with clock.moved(timedelta(hours=10)):
        review.edit_postmortem(conn, ANNA, incident=str(incident), markdown="# Done")
        now = clock.now()
    kept = {found["kind"]: found for found in clocks.of(conn, incident)}
    assert kept["postmortem"]["stopped_at"] is not None
    assert clocks.state(kept["postmortem"], now + timedelta(days=9)) == "met"


def test_a_late_post_mortem_is_a_breach(conn: Connection) -> None:
    incident = an_incident(conn)
    with clock.moved(timedelta(hours=49)):
        review.edit_postmortem(conn, ANNA, incident=str(incident), markdown="# Done")
    assert kinds(conn, incident)[-1] == "clock_breached"


def test_a_save_over_somebody_elses_is_refused_when_the_revision_is_told(conn: Connection) -> None:
    incident = an_incident(conn)
    read = review.postmortem(conn, ANNA, incident=str(incident))["revision"]
    review.edit_postmortem(conn, BEN, incident=str(incident), markdown="# Ben's", revision=read)
    with pytest.raises(Refused, match="ben has saved another version meanwhile"):
        review.edit_postmortem(conn, ANNA, incident=str(incident), markdown="# Anna's", revision=read)
    assert review.edit_postmortem(conn, ANNA, incident=str(incident), markdown="# Anna's")["edited_by"] == "anna"


def test_a_post_mortem_can_be_written_without_a_draft_and_loses_its_secrets(conn: Connection) -> None:
    incident = an_incident(conn)
    text = "# Mine\n\nWe ran `psql postgresql://app:hunter22@db/app`."
    saved = review.edit_postmortem(conn, ANNA, incident=str(incident), markdown=text)
    assert "hunter22" not in saved["markdown"]


@pytest.mark.parametrize("markdown", ["", " \n", "x" * (review.LONGEST + 1)])
def test_an_empty_or_endless_post_mortem_is_refused(conn: Connection, markdown: str) -> None:
    incident = an_incident(conn)
    with pytest.raises(Usage, match="the post-mortem"):
        review.edit_postmortem(conn, ANNA, incident=str(incident), markdown=markdown)


def test_only_a_person_who_responds_writes_one(conn: Connection) -> None:
    incident = an_incident(conn)
    with pytest.raises(Denied, match="guest is a viewer"):
        review.edit_postmortem(conn, GUEST, incident=str(incident), markdown="# x")
    with pytest.raises(Denied, match="only a person"):
        review.edit_postmortem(conn, Actor("ci", kind="source"), incident=str(incident), markdown="# x")
    with pytest.raises(NotFound):
        review.edit_postmortem(conn, ANNA, incident="INC-404", markdown="# x")
    with pytest.raises(NotFound):
        review.postmortem(conn, ANNA, incident="INC-404")


def test_what_needs_a_post_mortem_and_has_none_is_drafted_by_the_duty_once(conn: Connection) -> None:
    high, low, going = (
        an_incident(conn, severity="P0"),
        an_incident(conn, severity="P2"),
        an_incident(conn, severity="P0", resolve=False),
    )
    assert review.draft_missing(conn, SCHEME) == [f"INC-{high}"]
    assert review.draft_missing(conn, SCHEME) == []
    for incident, exists in ((high, True), (low, False), (going, False)):
        assert review.state(conn, incident, required=True)["exists"] is exists


def test_an_open_incident_shows_what_is_known_so_far(conn: Connection) -> None:
    incident = an_incident(conn, resolve=False)
    found = review.postmortem(conn, ANNA, incident=str(incident))
    assert "| Resolved | not resolved yet |" in found["markdown"]
    assert "Time to resolve | not over" in found["markdown"]


def test_a_person_who_saves_while_it_is_drafted_wins(store: Store) -> None:
    with store.transaction() as conn:
        incident = an_incident(conn)
    together = threading.Barrier(3)
    faults: list[BaseException] = []

    def work(act: Any) -> None:
        try:
            with store.transaction() as conn:
                together.wait()
                act(conn)
        except BaseException as fault:  # noqa: BLE001 - told below, in the test's own thread
            faults.append(fault)

    acts: tuple[Callable[[Connection], object], ...] = (
        lambda conn: review.postmortem(conn, ANNA, incident=str(incident)),
        review.draft_missing,
        lambda conn: review.edit_postmortem(conn, BEN, incident=str(incident), markdown="# Ben's"),
    )
    threads = [threading.Thread(target=work, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []
    with store.transaction() as conn:
        assert review.postmortem(conn, ANNA, incident=str(incident))["markdown"] == "# Ben's\n"
        assert timeline.broken(conn, incident) is None
