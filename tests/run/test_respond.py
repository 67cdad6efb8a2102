"""The procedure that fits is picked with reasons and started; when none fits well, a person is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline import clock
from fireline.incident import timeline
from fireline.incident.people import Actor
from fireline.incident.transitions import open_incident
from fireline.run.respond import respond, unanswered
from fireline.settings import RunbookSettings
from tests.run.scene import Scene

REFERENCE = Path(__file__).parents[1] / "data" / "incident-response.md"
HANGS = "HighQueryLatency: queries on assignments hang, p95 latency above 5s, statements time out"


@pytest.fixture
def book(scene: Scene) -> Scene:
    return scene.with_settings(runbook=RunbookSettings(files=[REFERENCE]))


def opened(scene: Scene, title: str) -> int:
    with scene.store.transaction() as conn:
        return open_incident(
            conn,
            title=title,
            severity="P1",
            severity_rank=1,
            severity_reason="a test",
            target="main",
            group_key=None,
            symptom=title,
            declared_by=Actor("alertmanager", kind="source"),
            detected_at=clock.now(),
            response=None,
        )


def told(scene: Scene, incident: int) -> list[tuple[str, dict[str, object]]]:
    with scene.store.transaction() as conn:
        return [(event["kind"], event["payload"]) for event in timeline.read(conn, incident)]


def test_the_best_match_is_started_and_says_by_which_words(book: Scene) -> None:
    incident = opened(book, HANGS)
    run = respond(book.world, incident)
    assert run is not None
    kind, payload = told(book, incident)[1]
    assert (kind, payload["title"]) == ("matched", "Database Performance Issues")
    assert payload["words"]
    book.run = run
    assert book.view["title"] == "Database Performance Issues"


def test_of_the_unmodified_runbook_the_reads_fail_and_the_change_waits(book: Scene) -> None:
    book.run = respond(book.world, opened(book, HANGS)) or 0
    book.advance()
    errors = [(one["outcome"] or {}).get("error") for one in book.view["steps"]]
    assert errors[0] == "function calculate_database_health_score() does not exist"
    assert errors[1] == "function detect_performance_bottlenecks() does not exist"
    assert errors[2] is not None
    assert errors[3] == "function optimize_database() does not exist"


def test_it_is_picked_once(book: Scene) -> None:
    incident = opened(book, HANGS)
    assert respond(book.world, incident) is not None
    assert respond(book.world, incident) is None


def test_a_complaint_that_fits_nothing_asks_a_person(book: Scene) -> None:
    incident = opened(book, "The coffee machine on the second floor leaks")
    assert respond(book.world, incident) is None
    assert told(book, incident)[-1][0] == "no_match"


def test_a_runbook_that_can_not_be_read_is_told_and_nothing_breaks(scene: Scene, tmp_path: Path) -> None:
    broken = tmp_path / "book.md"
    broken.write_bytes(b"\xff\xfe not text")
    scene.with_settings(runbook=RunbookSettings(files=[broken]))
    incident = opened(scene, HANGS)
    assert respond(scene.world, incident) is None
    assert "UTF-8" in str(told(scene, incident)[-1][1]["error"])


def test_what_a_lost_wake_up_left_is_found(book: Scene) -> None:
    incident = opened(book, HANGS)
    with book.store.transaction() as conn:
        assert unanswered(conn) == [incident]
    respond(book.world, incident)
    with book.store.transaction() as conn:
        assert unanswered(conn) == []
