"""How a verdict is put to the test: its shape, its probe, and whether its own remedy helps."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import psycopg

from fireline.assess import complaint
from fireline.assess.diagnose import causes, diagnose, probe
from fireline.assess.snapshot import Asked, Snapshot
from fireline.assess.verdict import Verdict
from fireline.postgres.connect import Target

NOTHING_SEEN = Snapshot("main", datetime(2026, 3, 1, tzinfo=UTC), None)  # what a check is given that looks alone


def asking(symptom: str) -> Asked:
    """A question that comes with a complaint."""
    return Asked(complaint.read(symptom))


def complaining(snapshot: Snapshot, symptom: str) -> Snapshot:
    """The same look, made because of a complaint."""
    return replace(snapshot, asked=asking(symptom))


def the_root(target: Target, symptom: str = "") -> Verdict:
    """The cause named first; its shape is checked, and that its probe is red."""
    found = diagnose(target, asking(symptom))
    assert found.causes, found
    root = found.causes[0]
    data = json.loads(json.dumps(root.json()))
    assert data["cause"] in {cause.label for cause in causes().values()}
    assert data["title"].endswith(".")
    assert data["evidence"]
    assert data["rejected"]
    assert all(one["cause"] != data["cause"] for one in data["rejected"])
    assert 0 < data["confidence"] <= 1
    assert probe(target, data["probe"]) == "red"
    return root


def only(target: Target) -> str:
    labels = [verdict.cause for verdict in diagnose(target).causes]
    assert len(labels) == 1, labels
    return labels[0]


def remedied(target: Target, root: Verdict) -> None:
    """Do what the verdict's own SQL says; then its probe is green, and the cause not named any more."""
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        for statement in root.remedy.sql:
            conn.execute(statement.encode())
    end = time.monotonic() + 5
    while (state := probe(target, root.json()["probe"])) != "green":
        assert time.monotonic() < end, state
        time.sleep(0.05)
    assert root.cause not in [verdict.cause for verdict in diagnose(target).causes]


def quietly(act: Callable[[], object]) -> None:
    """Do it, whatever the server says."""
    try:
        act()
    except psycopg.Error:
        return
