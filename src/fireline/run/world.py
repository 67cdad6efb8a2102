"""What a run needs of the rest: settings, the store, the targets, the team's runbooks, the remedies on their shelves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from fireline.errors import NotFound
from fireline.postgres.connect import Target
from fireline.run.remedy import Remedy
from fireline.runbook.document import Procedure, Runbook, Severity
from fireline.settings import Settings
from fireline.store.connect import Connection, Store


def no_backup(conn: Connection, target: str) -> datetime | None:
    """When the newest verified backup of a target was taken; None, as long as nothing takes backups."""
    del conn, target
    return None


def _state(files: list[Path]) -> tuple[object, ...]:
    """What changes when one of the files does."""
    return tuple((str(file), file.stat().st_mtime_ns if file.exists() else None) for file in files)


@dataclass
class World:
    """One process's view of what it works with; built by `app`, handed to everything that acts.

    verified_backup: when the newest verified backup of a target was taken, or None; the gate asks it.
    """

    settings: Settings
    store: Store
    targets: dict[str, Target]
    shelves: Callable[[], dict[str, Remedy]] = dict  # read at the first use: most commands need no remedy
    verified_backup: Callable[[Connection, str], datetime | None] = no_backup
    _read: tuple[tuple[object, ...], list[Runbook]] | None = None
    _linked: list[Path] = field(default_factory=list)  # also what the files link to counts
    _reading: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def remedies(self) -> dict[str, Remedy]:
        """Every remedy by phase and name: `resolve terminate-session`."""
        return self.shelves()

    def runbooks(self) -> list[Runbook]:
        """The team's runbooks as they stand in their files now; read again when a file has changed.

        Raises RunbookError for a file that can not be read.
        """
        from fireline.runbook import parse  # Markdown is needed by few commands

        files = [self.settings.path(file) for file in self.settings.runbook.files]
        with self._reading:
            if self._read is None or self._read[0] != _state([*files, *self._linked]):
                found = parse.read_all(files)
                self._linked = [Path(runbook.path) for runbook in found]
                self._read = (_state([*files, *self._linked]), found)
            return self._read[1]

    def procedures(self) -> list[tuple[Runbook, Procedure]]:
        """Every procedure that may be started."""
        return [(runbook, procedure) for runbook in self.runbooks() for procedure in runbook.procedures]

    def procedure(self, wanted: str) -> tuple[Runbook, Procedure]:
        """The procedure with this id or title; NotFound names those there are."""
        for runbook in self.runbooks():
            found = runbook.procedure(wanted)
            if found is not None:
                return runbook, found
        known = "; ".join(procedure.title for _, procedure in self.procedures()) or "none: no runbook is configured"
        raise NotFound(f"no procedure {wanted!r}", hint=f"There are: {known}.")

    def severities(self) -> tuple[Severity, ...]:
        """The severities of the first runbook that lists any, else the usual four."""
        from fireline.runbook.criteria import DEFAULT_SEVERITIES

        return next((runbook.severities for runbook in self.runbooks() if runbook.severities), DEFAULT_SEVERITIES)

    def target(self, name: str | None) -> Target:
        """The target of this name, or the only one; NotFound names those there are."""
        if name is None and len(self.targets) == 1:
            return next(iter(self.targets.values()))
        if name is not None and name in self.targets:
            return self.targets[name]
        known = ", ".join(sorted(self.targets)) or "none"
        asked = f"no target {name!r}" if name else "which target is meant is not known"
        raise NotFound(asked, hint=f"Targets in the settings: {known}.")

    def folder(self, runbook_path: str) -> Path:
        """Where bash steps of a runbook run."""
        if self.settings.runbook.folder is not None:
            return self.settings.path(self.settings.runbook.folder)
        return Path(runbook_path).resolve().parent
