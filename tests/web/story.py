"""An incident as it would stand at a quarter past three: seeded by real operations, a real run and a real look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fireline import clock
from fireline.detect import intake
from fireline.incident import findings, surroundings
from fireline.incident.people import FIRELINE, Actor
from fireline.incident.surroundings import Answer
from fireline.postgres.connect import Target, connect
from fireline.run.advance import advance
from tests.web.site import Site

SCHOOL = "CREATE TABLE assignments (id bigint PRIMARY KEY, user_id bigint NOT NULL, title text)"

VERDICT: dict[str, Any] = {
    "cause": "ddl_queue_behind_idle_tx",
    "title": "An idle transaction holds a read lock; a migration waits for it; everyone waits for the migration.",
    "severity": "critical",
    "confidence": 0.97,
    "objects": ["public.assignments"],
    "evidence": [
        {
            "source": "pg_stat_activity",
            "fact": "session 4821 is idle in transaction for 7 min; it last read assignments",
        },
        {"source": "pg_locks", "fact": "5102 wants AccessExclusiveLock on assignments; 42 others wait behind it"},
    ],
    "explains": ["timeouts"],
    "rejected": [
        {"cause": "row_lock", "because": "no waiter waits for a transaction id"},
        {"cause": "missing_index", "because": "mean time was 2 ms until 03:09"},
    ],
    "remedy": {
        "text": "End the idle session; the migration then runs and the queue dissolves.",
        "sql": ["SELECT pg_terminate_backend(4821)"],
        "level": "reversible",
        "undo": [],
        "command": "fireline resolve terminate-session 4821 --target main",
    },
    "probe": {"sql": "SELECT 1 FROM pg_locks WHERE NOT granted", "expect": "rows = 0"},
    "tree": [
        {"pid": 4821, "depth": 0, "text": "idle in transaction 7 min  worker  read assignments", "root": True},
        {
            "pid": 5102,
            "depth": 1,
            "text": "ALTER TABLE assignments ADD COLUMN venue text  waiting 6 min",
            "root": False,
        },
        {"pid": None, "depth": 2, "text": "38 × SELECT … FROM assignments WHERE user_id = $1", "root": False},
        {"pid": None, "depth": 2, "text": "4 × INSERT INTO assignments …", "root": False},
    ],
}
HOSTILE = "<script>alert('title')</script> & \"quotes\""


def school(patient: Target) -> None:
    """The table that the runbook's commands are about."""
    with connect(patient, write=True, autocommit=True) as conn:
        conn.execute(SCHOOL)


def declare(site: Site, by: Actor, title: str = "Every query on assignments hangs", **more: Any) -> int:
    """An incident; its number."""
    made = site.do(by, "incident.declare", **{"title": title, "severity": "P1", "target": "main", **more})
    return int(made["number"])


def look(site: Site, incident: int, **more: Any) -> int:
    """What a look at the target named as the cause; the finding's number."""
    with site.context.store.transaction() as conn:
        ids = findings.record(conn, incident, "main", [{**VERDICT, **more}], clock.now() - timedelta(seconds=40), 812)
    return ids[0]


def start(site: Site, incident: int | None, procedure: str = "Queries Hang") -> int:
    """A run of a procedure, moved on to its first wait; its number."""
    arguments = {"incident": f"INC-{incident}"} if incident else {"target": "main"}
    run = int(site.do(FIRELINE, "run.start", procedure=procedure, **arguments)["run"])
    go_on(site, run)
    return run


def go_on(site: Site, run: int) -> None:
    """What a worker would do now."""
    advance(site.context.world, run, "tests")


def night(site: Site, patient: Target) -> int:
    """The whole picture: people, an incident with cause, run, notes and a severity; its number."""
    school(patient)
    maya, jonas = site.person("maya", "admin"), site.person("jonas")
    site.person("vera", "viewer")
    incident = declare(site, maya, symptom="timeouts and slow queries everywhere")
    look(site, incident)
    start(site, incident)
    site.do(jonas, "incident.ack", incident=str(incident))
    site.do(maya, "incident.take", incident=str(incident))
    site.do(
        maya, "incident.impact", incident=str(incident), text="Saving hangs, then fails after 30 seconds.", users=1200
    )
    site.do(jonas, "incident.note", incident=str(incident), text="asked the worker team whether the import still runs")
    return incident


def alert(site: Site, by: Actor) -> None:
    """An alert with its signal, as intake makes it."""
    site.do(by, "report.send", title="Export is broken", text="it hangs at 99 %", target="main")
    intake.take(site.context.store, site.settings, site.context.scheme())


def around(site: Site, incident: int, users: int = 1_200) -> None:
    """What a look around saw: a page in trouble, a vendor that is well, one that does not answer, an issue, users."""
    link = {"link": "https://acme.sentry.io/issues/4509/"}
    title = "“OperationalError: canceling statement due to statement timeout” in POST /assignments"
    detail = "error, 1834 events, 1200 users, since 03:09 UTC, last 03:14 UTC, release school@1.4.2"
    estimate = {"estimate": users, "unit": "users", "at_least": False}
    seen = [
        Answer(
            "application", "school", "ailing", "answers 503 instead of 200", "in 4.1 s, certificate good for 61 days"
        ),
        Answer("vendor", "supabase", "well", "no trouble is known there", "32 components are operational"),
        Answer("vendor", "expo", "unknown", "no answer within 5 s"),
        Answer("sentry", "issue 4509", "ailing", title, detail, link),
        Answer(
            "users", "users affected", "ailing", f"about {users} users", "Sentry counts them on SCHOOL-7K", estimate
        ),
    ]
    with site.context.store.transaction() as conn:
        surroundings.keep(conn, incident, seen, clock.now() - timedelta(seconds=20))
