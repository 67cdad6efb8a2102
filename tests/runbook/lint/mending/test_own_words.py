from __future__ import annotations

from pathlib import Path

from fireline.runbook.lint.mending.own_words import line
from fireline.runbook.lint.subject import Subject
from fireline.runbook.lint.world import World
from fireline.runbook.parse import parse_text
from tests.runbook.lint.named import Named

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


def test_the_target_of_the_lint_is_named_but_never_a_database_that_the_settings_do_not_know() -> None:
    assert said(world=World(target=Named("main"))) == "fireline health --target main"
    assert said(world=World(target=Named("shop-eu"))) == "fireline health --target shop-eu"
    assert said(world=World(target=Named(None))) == "fireline health"
