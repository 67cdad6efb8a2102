"""Put together what a lint may know beyond the file: a database, this machine's programs, our remedies, what post-mortems asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fireline.app.context import remedies
from fireline.postgres.connect import Target
from fireline.runbook.lint.world import Patient, World


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


def _patient(asked: Asked, held: ExitStack) -> Patient | None:
    if asked.target is not None:
        from fireline.runbook.lint.patient import open_

        return held.enter_context(open_(asked.target))
    return None
