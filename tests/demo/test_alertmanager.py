from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Literal

from fireline.demo import alertmanager
from fireline.detect.source import Event, Inbound
from fireline.detect.sources.alertmanager import source
from fireline.redact import Secret
from fireline.settings import SourceSettings

BEGAN = datetime(2026, 3, 1, 3, 12, tzinfo=UTC)


def read(status: Literal["firing", "resolved"]) -> Event:
    body = json.dumps(alertmanager.notification(status, BEGAN, BEGAN + timedelta(minutes=5))).encode()
    settings = SourceSettings(format="alertmanager", token=Secret("a long enough token"))
    (event,) = source.parse(Inbound("alertmanager", body, settings))
    return event


def test_the_notification_is_one_that_the_door_understands() -> None:
    event = read("firing")
    assert (event.title, event.severity, event.status) == (alertmanager.SUMMARY, "critical", "firing")
    assert event.starts_at == BEGAN.isoformat()


def test_the_resolved_one_is_of_the_same_alert() -> None:
    assert read("resolved").key == read("firing").key
    assert read("resolved").status == "resolved"
