from __future__ import annotations

from typing import Any

import pytest

from fireline.detect.source import Event
from fireline.detect.sources.email import source
from fireline.errors import Usage
from tests.detect import delivering


def read(subject: object, **more: Any) -> Event:
    options = more.pop("options", None)
    (event,) = delivering.read(source, {"subject": subject, **more}, options=options)
    return event


def test_a_mail_is_an_alert_with_its_subject_as_the_title() -> None:
    event = read(
        "[CRITICAL] Backup of shop failed",
        text="exit 1\nsee the log",
        **{"from": "cron@db1.example.org", "date": "2026-01-05T03:00:00+00:00", "message_id": "<1@db1>"},
    )
    assert (event.key, event.title, event.status) == (
        "email:backup of shop failed",
        "Backup of shop failed",
        "firing",
    )
    assert (event.severity, event.text, event.once) == ("critical", "exit 1\nsee the log", "<1@db1>")
    assert event.annotations == {"from": "cron@db1.example.org"}
    assert event.starts_at == "2026-01-05T03:00:00+00:00"


@pytest.mark.parametrize(
    ("subject", "status", "severity"),
    [
        ("Disk full on db1", "firing", None),
        ("PROBLEM: Disk full on db1", "firing", None),
        ("Re: [FIRING:1] Disk full on db1", "firing", None),
        ("[WARNING] Disk full on db1", "firing", "warning"),
        ("[FIRING] (critical) Disk full on db1", "firing", "critical"),
        ("RESOLVED: Disk full on db1", "resolved", None),
        ("[Resolved] [Critical] disk full on DB1", "resolved", "critical"),
        ("OK - Disk full on db1", "resolved", None),
        ("AW: Fwd: Recovery: Disk full on db1", "resolved", None),
    ],
)
def test_words_of_status_are_no_part_of_the_key(subject: str, status: str, severity: str | None) -> None:
    event = read(subject)
    assert (event.key, event.status, event.severity) == ("email:disk full on db1", status, severity)


@pytest.mark.parametrize("subject", ["OK", "Upgrade: done", "Resolved", "[]", "Critical", "[shop] Disk", "Down:"])
def test_a_word_that_is_the_whole_subject_or_no_word_of_status_stays(subject: str) -> None:
    event = read(subject)
    assert (event.title, event.status) == (subject, "firing")


def test_a_team_may_have_words_of_its_own() -> None:
    event = read("Entwarnung: Platte voll", options={"resolved": ["Entwarnung"]})
    assert (event.title, event.status) == ("Platte voll", "resolved")


def test_without_a_subject_the_first_line_is_the_title() -> None:
    assert read("", text="\n\nDisk full\nmore").title == "Disk full"
    with pytest.raises(Usage, match="without a subject and without a text"):
        read(None)
    with pytest.raises(Usage, match="no JSON object"):
        delivering.read(source, [])
