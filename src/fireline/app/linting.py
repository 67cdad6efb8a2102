"""Put together what a lint may know beyond the file: a database, this machine's programs, our remedies, what post-mortems asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fireline.app.context import remedies, store_url
from fireline.errors import StoreUnavailable
from fireline.postgres.connect import Target
from fireline.runbook.lint.world import Patient, World
from fireline.settings import Settings

PATIENCE_SECONDS = 2  # for a store that does not answer


@dataclass(frozen=True)
class Asked:
    """What a lint is to be held against; without any of it, it says what it did not look into."""

    files: tuple[Path, ...] = ()
    target: Target | None = None
    migrations: Path | None = None
    learn: bool = True  # whether programs of this machine are asked for their help
    wanted: tuple[str, ...] | None = None  # titles of procedures that post-mortems asked for; None without a store
    drilled: Mapping[str, bool] | None = None  # key of a step -> whether its undo was proven


@contextmanager
def world(asked: Asked) -> Iterator[World]:
    """Everything a lint may know, as long as it lasts. Raises TargetUnavailable, ClusterError, Usage."""
    from fireline.runbook.lint.tools import here

    with ExitStack() as held:
        found = remedies()
        yield World(
            target=_patient(asked, held),
            tools=here(learn=asked.learn, files=asked.files),
            asked=asked.wanted,
            drilled=asked.drilled or {},
            remedies={name: one.words for name, one in found.items()},
            undoable=frozenset(name for name, one in found.items() if one.undo is not None),
        )


def procedures_asked_for(settings: Settings) -> tuple[str, ...] | None:
    """What post-mortems want to be written; None where no store is at hand: a lint needs none, and starts none."""
    import psycopg
    from psycopg.rows import dict_row

    from fireline.review.asked import asked
    from fireline.store.connect import arguments

    try:
        url = store_url(settings)
        given = {**arguments("fireline-lint"), "connect_timeout": PATIENCE_SECONDS, "row_factory": dict_row}
        with psycopg.connect(url, **given) as conn:
            return asked(conn)
    except (StoreUnavailable, psycopg.Error):
        return None


def _patient(asked: Asked, held: ExitStack) -> Patient | None:
    if asked.target is not None:
        from fireline.runbook.lint.patient import open_

        return held.enter_context(open_(asked.target))
    return None
