from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fireline.runbook.lint.mending.own_words import line
from fireline.runbook.lint.subject import Subject
from fireline.runbook.lint.world import Judged, Kind, World
from fireline.runbook.parse import parse_text

FENCE = "# A\n\n1. **Do:**\n   ```bash{attributes}\n   ls\n   ```\n"


def said(head: str = "", attributes: str = "", world: World | None = None) -> str:
    text = head + FENCE.format(attributes=attributes)
    subject = Subject(Path("a.md"), text, parse_text(text), world or World())
    return line(subject, subject.commands[0], "health")


def test_without_a_target_none_is_named() -> None:
    assert said() == "fireline health"


def test_the_only_target_of_the_front_matter_is_named() -> None:
    assert said("---\nfireline: 1\ntargets:\n  shop: {kind: postgres}\n---\n") == "fireline health --target shop"
    assert said("---\nfireline: 1\ntargets:\n  a: {kind: postgres}\n  b: {kind: postgres}\n---\n") == "fireline health"


def test_the_step_itself_counts_first() -> None:
    assert said(attributes=" {target=copy}") == "fireline health --target copy"


@dataclass
class Server:
    """A database as a lint knows it: by a name of the settings, or by none."""

    target: str | None
    name: str = "the database shop"
    major: int = 18

    def judge(self, sql: str, binds: int = 0) -> Judged:
        return Judged(unknown=f"{sql} {binds}")

    def columns(self, table: str) -> tuple[str, ...] | None:
        return (table,)

    def similar(self, kind: Kind, name: str) -> tuple[str, ...]:
        return (kind, name)


def test_the_target_of_the_lint_is_named_but_never_a_database_that_the_settings_do_not_know() -> None:
    assert said(world=World(target=Server("main"))) == "fireline health --target main"
    assert said(world=World(target=Server("shop-eu"))) == "fireline health --target shop-eu"
    assert said(world=World(target=Server(None))) == "fireline health"
