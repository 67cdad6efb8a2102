"""Put together what a lint may know beyond the file: a database, this machine's programs, our remedies, what post-mortems asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fireline import clock
from fireline.app.context import remedies, store_url
from fireline.errors import StoreUnavailable
from fireline.incident.people import Actor
from fireline.postgres.connect import Target
from fireline.review.asked import asked as asked_for
from fireline.run import world as run
from fireline.runbook.lint.checking import check
from fireline.runbook.lint.world import Patient, Unapplied, World
from fireline.settings import Settings

PATIENCE_SECONDS = 2  # for a store that does not answer
FRESH = timedelta(minutes=1)  # links and scripts change without the runbook


@dataclass(frozen=True)
class Asked:
    """What a lint is to be held against; without any of it, it says what it did not look into."""

    files: tuple[Path, ...] = ()
    target: Target | None = None
    unnamed: bool = False  # whether the target is none of the settings, but given by its DSN
    migrations: Path | None = None
    binaries: Path | None = None  # PostgreSQL's programs, for the migrations
    learn: bool = True  # whether programs of this machine are asked for their help
    path: str | None = None  # where programs are looked for; None: where this process would
    wanted: tuple[str, ...] | None = None  # titles of procedures that post-mortems asked for; None without a store
    drilled: Mapping[str, bool] | None = None  # key of a step -> whether its undo was proven


@contextmanager
def known_world(asked: Asked) -> Iterator[World]:
    """Everything a lint may know, as long as it lasts. Raises TargetUnavailable, ClusterError, Usage."""
    from fireline.runbook.lint.programs.tools import here

    with ExitStack() as held:
        found = remedies()
        patient, unapplied = _held_against(asked, held)
        yield World(
            target=patient,
            migrations=unapplied,
            tools=here(learn=asked.learn, path=asked.path, files=asked.files),
            asked=asked.wanted,
            drilled=asked.drilled or {},
            remedies={name: one.words for name, one in found.items()},
            undoable=frozenset(name for name, one in found.items() if one.undo is not None),
        )


def procedures_asked_for(settings: Settings) -> tuple[str, ...] | None:
    """What post-mortems want to be written; None where no store is at hand: a lint needs none, and starts none."""
    import psycopg
    from psycopg.rows import dict_row

    from fireline.store.connect import arguments

    try:
        url = store_url(settings)
        given = {**arguments("fireline-lint"), "connect_timeout": PATIENCE_SECONDS, "row_factory": dict_row}
        with psycopg.connect(url, **given) as conn:
            return asked_for(conn)
    except (StoreUnavailable, psycopg.Error):
        return None


_kept: dict[str, tuple[tuple[object, ...], datetime, dict[str, Any]]] = {}


def lint(actor: Actor, world: run.World, *, target: str | None = None) -> dict[str, Any]:
    """Say what in the team's runbooks would fail at night; with a target, the SQL is held against it too.

    No program is asked anything, and what was found is kept for a minute while the files are the same.
    """
    del actor
    books = world.runbooks()
    with world.store.transaction() as conn:
        wanted = asked_for(conn)
    files = tuple(Path(one.path) for one in books)
    key: tuple[object, ...] = (tuple((one.path, one.revision) for one in books), wanted)
    if target is None and (kept := _kept.get("")) and kept[0] == key and clock.now() - kept[1] < FRESH:
        return kept[2]
    at = world.target(target) if target else None
    with known_world(Asked(files, at, learn=False, path=world.settings.runbook.path, wanted=wanted)) as known:
        told = check(files, known).json()
    if target is None:
        _kept[""] = (key, clock.now(), told)
    return told


def _held_against(asked: Asked, held: ExitStack) -> tuple[Patient | None, tuple[Unapplied, ...] | None]:
    """The database that statements are held against, and what of the migrations did not apply."""
    if asked.target is not None:
        from fireline.runbook.lint.database.patient import open_

        return held.enter_context(open_(asked.target, unnamed=asked.unnamed)), None
    if asked.migrations is not None:
        from fireline.runbook.lint.migrations.building import built

        return held.enter_context(built(asked.migrations, asked.binaries))
    return None, None
