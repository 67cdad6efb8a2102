"""One drill: make a server ill, ask what ails it, do what the verdict says, and see its probe turn green."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from fireline import shelf
from fireline.assess import complaint
from fireline.assess.diagnose import Diagnosis, diagnose, probe
from fireline.assess.snapshot import Asked
from fireline.assess.verdict import Verdict
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target
from tests.drills.place import Place, place, versions

PATIENCE = 20.0  # until a probe is green


@dataclass(frozen=True)
class Wound:
    """What an injection left.

    said: what people or programs say of it; each drill takes one. Empty: nobody complains.
    target: asked instead of the superuser's connection to the application's database.
    remedy: does what the verdict's text says, where its SQL can not (a file, a restart); None: the SQL is carried out.
    probed: False where no probe can be asked in the end.
    where: how to reach another server than the drill's own, as the superuser or as a role; instead of `target`.
    quiet: once it is remedied nobody complains any more; for what only the complaint tells.
    """

    said: tuple[str, ...] = ()
    target: Target | None = None
    remedy: Callable[[Verdict], None] | None = None
    log_file: Path | None = None
    deep: bool = False
    probed: bool = True
    where: Callable[[str | None], Target] | None = None
    quiet: bool = False


@dataclass(frozen=True)
class Fault:
    """One file on the shelf of faults. `settings`: of its server. `least`: oldest version that has it.
    library: what the server must have been built with for it.

    limited: whether a role with pg_monitor alone can see it too. silent: whether it must also be found without a complaint.
    """

    label: str
    inject: Callable[[Place], Wound]
    settings: Mapping[str, str] = field(default_factory=dict)
    least: int = 13
    library: str = ""
    limited: bool = True
    silent: bool = True

    def fits(self, major: int) -> bool:
        """Whether it can be made on the server of this version here."""
        libraries = (versions()[major].parent / "lib").rglob(f"{self.library}.so")
        return self.least <= major and (not self.library or any(libraries))


@dataclass
class Result:
    """What one drill showed."""

    label: str
    major: int
    seed: str
    said: str
    role: str
    found: list[str]
    ms: int
    probe: str = ""
    healed: bool = False
    error: str = ""

    @property
    def rank(self) -> int:
        """1 when the label was named first; 0 when it was not named."""
        return self.found.index(self.label) + 1 if self.label in self.found else 0


def faults() -> dict[str, Fault]:
    """Every fault on its shelf, by label."""
    return {fault.label: fault for fault in shelf.read("tests.drills.faults", "fault").values()}


def run(fault: Fault, major: int, seed: int | str, *, limited: bool = False, silent: bool = False) -> Result:
    """Carry out one drill; what goes wrong in it is its error.

    limited: diagnosed by a role that is a member of pg_monitor and nothing else. silent: without a complaint.
    """
    with place(major, f"{fault.label}-{seed}", fault.settings) as at:
        wound = fault.inject(at)
        said = "" if silent or not wound.said else random.Random(str(seed)).choice(wound.said)
        reach = wound.where or at.target
        target = wound.target or reach("watcher" if limited else None)
        result = Result(fault.label, major, str(seed), said, "pg_monitor" if limited else "superuser", [], 0)
        began = time.monotonic()
        found = ask(target, said, wound)
        result.ms = round((time.monotonic() - began) * 1000)
        result.found = [one.cause for one in found.causes] if found else []
        if result.rank != 1 or found is None:
            return result
        root = found.causes[0]
        _check(root)
        if wound.probed:
            result.probe = probe(target, root.json()["probe"])
        _treat(at, wound, root)
        result.healed = _healed(target, root, said, wound)
    return result


def ask(target: Target, said: str, wound: Wound | None = None) -> Diagnosis | None:
    """The diagnosis; None when the target does not answer and nothing tells why."""
    deep, log_file = (wound.deep, wound.log_file) if wound else (False, None)
    asked = Asked(complaint.read(said), timedelta(minutes=15), log_file, deep)
    try:
        return diagnose(target, asked)
    except TargetUnavailable:
        return None


def _check(root: Verdict) -> None:
    """What every verdict must have."""
    assert root.title.endswith("."), root.title
    assert root.evidence, root
    assert root.rejected, root
    assert all(one.cause != root.cause for one in root.rejected)
    assert 0 < root.confidence <= 1
    assert root.remedy.text, root


def _treat(at: Place, wound: Wound, root: Verdict) -> None:
    if wound.remedy is not None:
        wound.remedy(root)
        return
    assert root.remedy.sql, f"no SQL to carry out: {root.remedy.text}"
    with psycopg.connect(at.dsn(), autocommit=True, prepare_threshold=None) as conn:
        for statement in root.remedy.sql:
            conn.execute(statement.encode())


def _healed(target: Target, root: Verdict, said: str, wound: Wound) -> bool:
    """Whether the probe turns green, and the cause is not named any more."""
    question: dict[str, Any] = root.json()["probe"]
    end = time.monotonic() + PATIENCE
    while wound.probed and probe(target, question) != "green":
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    after = ask(target, "" if wound.quiet else said, wound)
    return after is None or root.cause not in [one.cause for one in after.causes]
