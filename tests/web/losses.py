"""A target that can be brought back: a school with backups, restores beside, a fence and recorded states, by real remedies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from fireline import clock
from fireline.incident.people import Actor
from fireline.postgres.connect import Target
from tests.recovery import place
from tests.web import story
from tests.web.site import Site

MAYA, JONAS = Actor("maya", role="admin"), Actor("jonas")


def remedy(site: Site, phase: str, name: str, *, by: Actor = MAYA, **arguments: Any) -> int:
    """Ask for a remedy, plan it, approve it as somebody else, and have it done; the run's number."""
    run = asked(site, phase, name, by=by, **arguments)
    step = site.do(by, "run.show", run=run)["steps"][0]
    if "approve" in step["actions"]:
        site.do(JONAS, "run.approve", run=run, step=1, hash=step["approval"]["content_hash"])
        story.go_on(site, run)
    step = site.do(by, "run.show", run=run)["steps"][0]
    assert step["state"] == "succeeded", step["attempts"][-1]["outcome"] if step["attempts"] else step["outcome"]
    return run


def asked(site: Site, phase: str, name: str, *, by: Actor = MAYA, **arguments: Any) -> int:
    """Ask for a remedy and plan it; the run's number."""
    run = int(site.do(by, "remedy.run", phase=phase, remedy=name, target="main", arguments=arguments)["run"])
    story.go_on(site, run)
    return run


def school(site: Site, patient: Target) -> None:
    """People, and a database worth keeping."""
    site.person("maya", "admin")
    site.person("jonas")
    place.school(patient)


def backup(site: Site) -> str:
    """A verified backup; its name."""
    remedy(site, "contain", "backup")
    return str(site.do(MAYA, "target.backups", target="main", limit=1)[0]["name"])


def restored(site: Site, patient: Target) -> str:
    """A backup, rows that came and went since, and a restore beside that passed; the restore's number."""
    backup(site)
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute("INSERT INTO users SELECT i, 'late ' || i, 'glad' FROM generate_series(9001, 9040) i")
        conn.execute("DELETE FROM assignments WHERE user_id < 20")
        conn.execute("DELETE FROM users WHERE id < 20")
        conn.execute("UPDATE users SET name = 'renamed' WHERE id = 100")
    remedy(site, "resolve", "restore")
    return str(site.do(MAYA, "restore.list", target="main")[0]["id"])


def many(site: Site, number: int) -> None:
    """Rows of backups that are long gone from anybody's mind; every third was never verified, every fifth failed."""
    with site.context.store.transaction() as conn:
        conn.execute(
            """INSERT INTO backup (name, target, database, state, host, folder, begun_at, ended_at, snapshot_at, bytes, rows, tables,
                 verified_at, verified, error, by)
               SELECT 'old-' || i, 'main', 'app', CASE WHEN i %% 5 = 0 THEN 'failed' ELSE 'whole' END, 'elsewhere', '/nowhere/old-' || i, at, at,
                 at, i * 1000, i, 12, CASE WHEN i %% 3 = 0 THEN at END, CASE WHEN i %% 3 = 0 THEN '{}'::jsonb END,
                 CASE WHEN i %% 5 = 0 THEN 'no space left on device' END, 'maya'
               FROM generate_series(1, %(number)s) AS i, LATERAL (SELECT %(now)s - i * interval '1 hour' AS at) AS t""",
            {"number": number, "now": clock.now() - timedelta(days=2)},
        )


def rows_of_restores(site: Site, rows: list[tuple[str, Any, str | None]]) -> None:
    """Restores of which only the rows are there: state, report, error."""
    with site.context.store.transaction() as conn:
        for number, (state, report, error) in enumerate(rows, 1):
            conn.execute(
                """INSERT INTO restore (target, source, database, beside, token, state, begun_at, snapshot_at, report, error, by)
                   VALUES ('main', '/srv/dump.sql.gz', 'app', %s, %s, %s, %s, NULL, %s, %s, 'maya')""",
                [
                    f"app_restored_{number}",
                    f"token{number}",
                    state,
                    clock.now(),
                    Jsonb(report) if report else None,
                    error,
                ],
            )
