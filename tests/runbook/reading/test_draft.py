"""An item of a list: its title, the words that leave it to a person, what is nested in it."""

from __future__ import annotations

import pytest

from fireline.runbook.page.outline import outline
from fireline.runbook.page.prose import Reader
from fireline.runbook.reading.draft import Draft, clause_of, decision_in, is_pointer, of_item, title_of


def draft(text: str) -> Draft:
    return of_item(outline(text).root.blocks[0].items[0])


DECISIONS = {
    "**Stop application** (if possible)": "(if possible)",
    "**Restart if needed:** it helps": "if needed",
    "**Optimize queries** if database-related": "if database-related",
    "**Cap** if step 3 still finds any: new sessions": "if step 3 still finds any",
    "If it lags, fail over": "If it lags",
    "Restart (optional)": "(optional)",
    "Neustart falls nötig": "falls nötig",
    "Check if the database is up": None,
    "See if it is down, and tell": None,
    "**Check health:** if below 70 go on": None,
    "Restart it. If it fails, call.": None,
    "Verify the gifts": None,
}


@pytest.mark.parametrize(("text", "decision"), DECISIONS.items())
def test_words_that_leave_it_to_a_person(text: str, decision: str | None) -> None:
    assert decision_in(clause_of(Reader({}).read(text))) == decision


TITLES = {
    "**Check logs:** in Sentry": "Check logs",
    "Check error logs in Sentry": "Check error logs in Sentry",
    "Tell the team: now. Then wait.": "Tell the team",
    "[ ] Draft it (if needed)": "Draft it",
    "x" * 200: "x" * 119 + "…",
}


@pytest.mark.parametrize(("text", "title"), TITLES.items())
def test_the_title_is_the_bold_lead_or_the_first_sentence(text: str, title: str) -> None:
    assert title_of(Reader({}).read(text)) == title


def test_nested_bullets_are_ticked_and_pointers_are_not() -> None:
    made = draft("1. **Rotate:**\n   - API keys\n     - [ ] staging\n   - See [the guide](g.md)\n")
    assert made.checklist == ["API keys", "staging"]
    assert made.links == [("the guide", "g.md")]


def test_annotations_of_a_step() -> None:
    made = draft(
        "1. **Cap**\n   ```sql\n   SELECT 1\n   ```\n   **Expect:** `rows = 0` and `time < 2s`. **If** not, stop.\n\n"
        "   **Undo:** put it back:\n   ```sql\n   SELECT 2\n   ```\n   **Verify:**\n   ```sql\n   SELECT 3\n   ```\n"
        "   **Stop when:** lag is over 5 min\n"
    )
    assert made.expect == ["rows = 0", "time < 2s"]
    assert made.undos == [(1, "put it back")]
    assert [(one.role, one.action.command) for one, _ in made.fences] == [
        ("do", "SELECT 1"),
        ("undo", "SELECT 2"),
        ("verify", "SELECT 3"),
    ]
    assert made.stop_when == ["lag is over 5 min"]


def test_what_only_leads_elsewhere() -> None:
    def points(raw: str) -> bool:
        prose = Reader({}).read(raw)
        return is_pointer(prose.plain, prose)

    assert points("See [X](x.md) for details.")
    assert points("**Restore:** follow [X](x.md)")
    assert points("[X](x.md)")
    assert not points("Run the tool, see [X](x.md)")
    assert not points("See [X](x.md), then restart")
    assert not points("See nothing")
