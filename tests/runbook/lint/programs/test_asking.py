"""What runbooks use is asked for beforehand, and no more than that."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fireline.runbook.lint import checking
from fireline.runbook.lint.programs import tools
from fireline.runbook.lint.world import Known, World

BOOK = """# Night

1. **Look:**
   ```bash
   eas build:list --limit 5
   supabase "$WHAT" now
   ./scripts/own.sh
   kubectl -n shop get pods
   ```
"""


class Listening:
    """The shipped tables, with an ear for what is asked beforehand."""

    def __init__(self) -> None:
        self.wanted: list[tuple[str, tuple[str, ...]]] = []
        self.tables = tools.shipped()

    def where(self, program: str) -> Path | None:
        return self.tables.where(program)

    def known(self, program: str, words: tuple[str, ...]) -> Known | None:
        return self.tables.known(program, words)

    def brings(self, program: str) -> str | None:
        return self.tables.brings(program)

    def learn(self, calls: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        self.wanted += calls


def test_the_words_before_the_first_option_are_what_is_asked_about() -> None:
    listening = Listening()
    checking.judge({Path("a.md"): BOOK}, World(tools=listening))
    assert listening.wanted == [("eas", ("build:list",)), ("supabase", ()), ("kubectl", ())]


def test_nothing_is_asked_for_rules_that_need_no_program() -> None:
    listening = Listening()
    checking.judge({Path("a.md"): BOOK}, World(tools=listening), only=["dead-link"])
    assert listening.wanted == []
