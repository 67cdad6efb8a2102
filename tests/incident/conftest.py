"""People and incidents that the tests of this room share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from fireline import clock
from fireline.incident import transitions
from fireline.incident.people import Actor
from fireline.incident.scheme import Scheme
from fireline.store.connect import Connection

Open = Callable[..., int]


@pytest.fixture
def anna() -> Actor:
    return Actor("anna")


@pytest.fixture
def ben() -> Actor:
    return Actor("ben", door="page")


@pytest.fixture
def guest() -> Actor:
    return Actor("guest", role="viewer", door="page")


@pytest.fixture
def scheme() -> Scheme:
    return Scheme(targets=("main", "billing"))


@pytest.fixture
def open_one(scheme: Scheme) -> Open:
    """Opens an incident as a source would: `open_one(conn, severity="P0", target=None, …)`."""

    def opened(conn: Connection, *, severity: str = "P1", at: datetime | None = None, **more: Any) -> int:
        judged = scheme.find(severity)
        detected_at = at or clock.now()
        told: dict[str, Any] = {
            "title": "Every query on assignments hangs",
            "severity_reason": "said the alert",
            "target": "main",
            "group_key": "main/assignments",
            "symptom": "canceling statement due to lock timeout",
            "declared_by": Actor("alertmanager", kind="source", door="api"),
            "response": scheme.response(judged, detected_at),
        }
        return transitions.open_incident(
            conn, severity=judged.id, severity_rank=judged.rank, detected_at=detected_at, **told | more
        )

    return opened
