"""The work that goes on by itself: with the queue, without it, and when one duty breaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from fireline import clock, duties
from fireline.app.context import Context, make
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.settings import RunbookSettings, Settings, SourceSettings, StoreSettings, TargetSettings
from fireline.store.wake import PREFIX
from tests.run.test_respond import HANGS, REFERENCE


@pytest.fixture
def context(store_url: str, patient: Target) -> Iterator[Context]:
    made = make(
        Settings(
            store=StoreSettings(url=Secret(store_url)),
            targets={"main": TargetSettings(dsn=patient.dsn)},
            runbook=RunbookSettings(files=[REFERENCE]),
            sources={"generic": SourceSettings(format="generic", token=Secret("a-token-of-the-test"))},
        )
    )
    yield made
    made.close()


def signal(context: Context, title: str) -> None:
    """A signal that a door has committed."""
    event = {
        "key": title, "key_reason": "its title", "status": "firing", "title": title, "text": "", "severity": "critical",
        "target": "main", "labels": {}, "annotations": {}, "group_key": title, "group_reason": "its title",
    }  # fmt: skip
    with context.store.transaction() as conn:
        conn.execute(
            "INSERT INTO signal (source, received_at, digest, body, events) VALUES ('generic', %s, %s, %s, %s)",
            [clock.now(), title.encode(), Jsonb({"title": title}), Jsonb([event])],
        )


def queued(context: Context) -> list[tuple[str, str]]:
    """Jobs that wait now, taken out of the queue."""
    with context.store.transaction() as conn:
        rows = conn.execute(
            "DELETE FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL RETURNING task_name, args, id"
        ).fetchall()
    return [
        (row["task_name"].removeprefix(PREFIX), row["args"]["key"]) for row in sorted(rows, key=lambda row: row["id"])
    ]


def work_off(context: Context) -> set[str]:
    """Do what a worker would until nothing waits; the topics that came up."""
    topics = duties.topics()
    seen: set[str] = set()
    for _ in range(20):
        jobs = queued(context)
        if not jobs:
            return seen
        for topic, key in jobs:
            seen.add(topic)
            topics[topic](context.world, key)
    raise AssertionError(f"the duties wake each other without end: {seen}")


def incident(context: Context) -> dict[str, Any]:
    with context.store.transaction() as conn:
        row = conn.execute("SELECT * FROM incident").fetchone()
    return dict(row) if row else {}


def test_from_one_signal_the_wake_ups_lead_to_a_run_that_waits(context: Context) -> None:
    signal(context, HANGS)
    duties.take_signals(context.world)
    found = work_off(context)
    assert {"assess", "respond", "advance"} <= found
    assert "tell" not in found, "whoever took the signal has told the people already"
    assert incident(context)["status"] == "assessing"
    with context.store.transaction() as conn:
        row = conn.execute("SELECT title, state FROM run").fetchone()
    assert row == {"title": "Database Performance Issues", "state": "failed"}


def test_what_was_migrated_just_before_an_alert_is_on_its_incident(context: Context, patient: Target) -> None:
    from fireline.app.views import show_incident
    from fireline.incident.people import Actor

    duties.sweep(context.world)
    assert "seen" in work_off(context)
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as team:
        team.execute(
            "CREATE TABLE schema_migrations (version text PRIMARY KEY); INSERT INTO schema_migrations VALUES ('20260301')"
        )
    with clock.moved(timedelta(minutes=1)):
        signal(context, HANGS)
        duties.take_signals(context.world)
        assert "seen" in work_off(context)
        with context.store.transaction() as conn:
            shown = show_incident(conn, Actor("anna"), context.world, context.scheme(), incident="1")
    [one] = shown["changed"]
    assert one["title"] == "Migration 20260301 applied (public.schema_migrations)"
    assert "before" in one["when"]


def test_with_every_wake_up_lost_the_sweep_alone_gets_there(context: Context) -> None:
    signal(context, HANGS)
    for _ in range(4):
        duties.sweep(context.world)
        due = queued(context)
        for topic, key in due:
            if topic in ("respond", "advance", "assess"):
                duties.topics()[topic](context.world, key)
        queued(context)
    with context.store.transaction() as conn:
        row = conn.execute("SELECT title FROM run").fetchone()
    assert row == {"title": "Database Performance Issues"}


def test_a_duty_that_breaks_is_stepped_over(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(world: object) -> None:
        raise RuntimeError("broken")

    signal(context, HANGS)
    monkeypatch.setattr(duties, "SWEEPS", [broken, *duties.SWEEPS])
    duties.sweep(context.world)
    assert incident(context)["severity"] == "P1"


def test_every_topic_that_is_woken_has_a_duty() -> None:
    from pathlib import Path

    source = Path(duties.__file__).parent
    woken = {
        part.split('"')[1]
        for file in source.rglob("*.py")
        for part in file.read_text().split("wake(conn, ")[1:]
        if part.startswith('"')
    }
    assert woken <= set(duties.topics())
    assert json.dumps(sorted(woken))


def test_a_worker_says_that_it_lives(context: Context) -> None:
    duties.tell_alive(context.world, ["db"], first=True)
    with context.store.transaction() as conn:
        row = conn.execute("SELECT name, labels FROM worker").fetchone()
    assert row == {"name": duties.worker_name(), "labels": ["db"]}


def test_while_signals_are_taken_the_queue_looks_for_its_jobs_a_moment_later(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    duties._way.begins()
    assert 0 < duties._way.left() <= duties.WAY_SECONDS
    asked: list[float] = []

    def left() -> float:
        asked.append(0.0)
        return asked[-1]

    async def look() -> Any:
        async with duties.queue_app(context.world).open_async() as app:
            monkeypatch.setattr(duties._way, "left", left)
            return await app.connector.execute_query_one_async("SELECT 1 AS n")

    assert asyncio.run(look()) == {"n": 1}
    assert asked == [0.0]
