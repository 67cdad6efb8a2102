"""A stage for the engine: a world with a store and a patient, procedures made by hand, people, and a remedy that leaves a mark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from fireline.incident.people import FIRELINE, Actor
from fireline.postgres.connect import Target, connect
from fireline.run import approve, ledger
from fireline.run.advance import advance
from fireline.run.ledger import Q
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict
from fireline.run.start import start
from fireline.run.view import show
from fireline.run.world import World
from fireline.runbook import sqltext
from fireline.runbook.shell import fireline_lines as shell_lines
from fireline.settings import RunbookSettings, Settings
from fireline.store.connect import Store, one

ADA = Actor("ada", role="admin")
BEN = Actor("ben")


def action(language: str, command: str, **attributes: str) -> dict[str, Any]:
    """One fence as the compiler leaves it."""
    if language == "bash":
        return {
            "language": "bash",
            "command": command,
            "line": 1,
            "attributes": attributes,
            "lines": shell_lines(command),
        }
    made: dict[str, Any] = {"language": language, "command": command, "line": 1, "attributes": attributes}
    if language == "sql":
        made["statements"] = [
            {
                "sql": one.sql,
                "binds": list(one.binds),
                "line": one.line,
                "format": one.format,
                "arguments": [list(a) for a in one.arguments],
            }
            for one in sqltext.read(command).statements
        ]
    return made


def sql(command: str, **more: Any) -> dict[str, Any]:
    """A SQL step."""
    return step("sql", action=action("sql", command), **more)


def shell(command: str, **more: Any) -> dict[str, Any]:
    """A bash step."""
    return step("bash", action=action("bash", command), **more)


def step(kind: str, **more: Any) -> dict[str, Any]:
    """A step as the compiler leaves it."""
    base: dict[str, Any] = {
        "key": "step", "title": f"a {kind} step", "kind": kind, "line": 7, "text": "", "action": None, "alternatives": [],
        "verify": None, "undo": None, "before": None, "undo_text": None, "checklist": [], "decision": None,
        "condition": None, "call": None, "reference": None, "expect": [], "level": None, "target": None,
        "timeout": None, "retry": 0, "approve": None, "expires": None, "parameters": [], "words": [],
    }  # fmt: skip
    return {**base, **more}


class Told(Parameters):
    """What the marking remedy is told."""

    mark: str = "here"
    level: str = "reversible"


def _plan(target: Target, told: Told, hand: Hand) -> Plan:
    level: Any = told.level
    return Plan(f"write {told.mark}", "nothing is lost", "the mark is removed", level, {"mark": told.mark})


def _do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    with connect(target, write=True, autocommit=True) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS marks (mark text)")
        conn.execute("INSERT INTO marks VALUES (%s)", [plan.captured["mark"]])
    return Outcome(True, f"wrote {plan.captured['mark']}")


def _verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    found = marks(target)
    return Verdict(plan.captured["mark"] in found, f"{len(found)} marks")


def _undo(target: Target, plan: Plan, hand: Hand) -> Outcome:
    with connect(target, write=True, autocommit=True) as conn:
        conn.execute("DELETE FROM marks WHERE mark = %s", [plan.captured["mark"]])
    return Outcome(True, f"removed {plan.captured['mark']}")


MARK = Remedy("mark", "resolve", "leave a mark", "reversible", Told, _plan, _do, _verify, _undo,
              words=("leave a mark",), argument="mark")  # fmt: skip


def marks(target: Target) -> list[str]:
    """The marks in the target."""
    with connect(target) as conn:
        if conn.execute("SELECT to_regclass('marks') AS found").fetchone() == {"found": None}:
            return []
        return [row["mark"] for row in conn.execute("SELECT mark FROM marks").fetchall()]


class Scene:
    """One run on stage; every call is what a person or a worker would do."""

    def __init__(self, store: Store, target: Target, folder: Path) -> None:
        self.store, self.target = store, target
        settings = Settings(runbook=RunbookSettings(folder=folder))
        self.world = World(settings, store, {target.name: target}, lambda: {"resolve mark": MARK})
        self.run = 0

    def team(self, *names: str) -> None:
        """People who may approve."""
        with self.store.transaction() as conn:
            for name in names:
                conn.execute(
                    "INSERT INTO person (name, display, role, created_at) VALUES (%s, %s, 'responder', '2026-01-01')",
                    [name, name],
                )

    def start(self, *steps: dict[str, Any], by: Actor = FIRELINE, incident: int | None = None) -> Scene:
        """Start a run of these steps, and move it on as far as it goes."""
        numbered = [
            {**one, "key": f"step-{at}" if one["key"] == "step" else one["key"]} for at, one in enumerate(steps, 1)
        ]
        compiled = {"id": "test/procedure", "title": "A procedure", "file": "runbook.md", "revision": "r1", "line": 1,
                    "folder": str(self.world.settings.runbook.folder), "steps": numbered}  # fmt: skip
        with self.store.transaction() as conn:
            self.run = start(conn, by, compiled=compiled, incident=incident, target=self.target.name, reason="a test")
        self.advance()
        return self

    def advance(self, worker: str = "worker-1") -> Scene:
        """Let a worker move the run on."""
        advance(self.world, self.run, worker)
        return self

    def say(self, operation: Any, *, actor: Actor = ADA, **words: Any) -> Any:
        """A person says something to the run; then a worker moves it on."""
        with self.store.transaction() as conn:
            answer = operation(conn, actor, run=self.run, **words)
        self.advance()
        return answer

    def approve(self, position: int = 1, *, actor: Actor = ADA, **words: Any) -> Any:
        """A person says yes; then a worker moves the run on."""
        return self.say(
            lambda conn, who, **more: approve.approve(conn, who, self.world, **more),
            actor=actor,
            step=position,
            **words,
        )

    @property
    def view(self) -> dict[str, Any]:
        """The run as a person sees it."""
        with self.store.transaction() as conn:
            return show(conn, ADA, run=self.run)

    def step(self, position: int = 1) -> dict[str, Any]:
        """One step as a person sees it."""
        found: dict[str, Any] = self.view["steps"][position - 1]
        return found

    def states(self) -> list[str]:
        """The states of all steps."""
        return [one["state"] for one in self.view["steps"]]

    def kinds(self) -> list[str]:
        """What stands in the ledger, in order."""
        with self.store.transaction() as conn:
            assert ledger.broken(conn, self.run) is None
            return [entry["kind"] for entry in ledger.read(conn, self.run)]

    def with_settings(self, **tables: Any) -> Scene:
        """The same world with other settings."""
        self.world.settings = self.world.settings.model_copy(update=tables)
        return self

    def on_another_target(self, dsn_of: Target) -> None:
        """The settings now say another DSN under the same name."""
        self.world.targets[self.target.name] = replace(dsn_of, name=self.target.name)

    def steal_lease(self) -> None:
        """What the store looks like ten seconds after the worker died: its lease has run out."""
        with self.store.transaction() as conn:
            conn.execute("UPDATE run SET lease_until = clock_timestamp() - interval '1 s' WHERE id = %s", [self.run])

    def row(self) -> dict[str, Any]:
        """The run's row."""
        with self.store.transaction() as conn:
            found = one(conn, Q["run"], run=self.run)
        assert found is not None
        return dict(found)
