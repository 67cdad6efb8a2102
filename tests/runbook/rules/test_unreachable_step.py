"""Steps that no run comes to."""

from __future__ import annotations

import pytest

from fireline.runbook.rules.unreachable_step import rule
from tests.runbook.rules.saying import lines


def test_a_condition_on_a_step_that_comes_later_never_holds() -> None:
    text = "# X\n\n1. **A:**\n   ```sql {name=a if=b.rows>0}\n   SELECT 1;\n   ```\n2. **B:**\n   ```sql {name=b}\n   SELECT 1;\n   ```\n"
    assert lines(rule, text) == [(4, "error")]


def test_an_undo_of_no_step_is_never_used() -> None:
    text = "# X\n\n1. **A:**\n   ```sql {name=a}\n   SELECT 1;\n   ```\n   ```sql {undo=other}\n   SELECT 1;\n   ```\n"
    assert lines(rule, text) == [(7, "warning")]


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ("1. **Look**\n2. If it is down, go to step 9.\n3. **End**", [(4, "warning")]),
        ("1. **Look**\n2. Go to step 4.\n3. **Restart**\n4. **End**", [(5, "warning")]),
        ("1. **Look.** If it is up, go to step 3.\n2. Go to step 4.\n3. **Restart**\n4. **End**", []),
        ("1. **Look**\n2. If it is down, go to step 3.\n3. **End**", []),
        ("1. **Look**\n2. **Wait**\n3. Go to step 1.", []),
    ],
)
def test_jumps_lead_to_steps_and_past_none(steps: str, found: list[tuple[int, str]]) -> None:
    assert lines(rule, f"# X\n\n{steps}\n") == found


def test_what_stands_behind_exit_is_never_carried_out() -> None:
    fence = "# X\n\n1. **A:**\n   ```bash\n   {}\n   uptime\n   ```\n"
    assert lines(rule, fence.format("exit 1")) == [(6, "warning")]
    assert lines(rule, fence.format("test -e /x || exit 1")) == []


def test_a_circle_of_procedures_is_told() -> None:
    text = "# X\n\n## One\n\n1. See [Two](#two)\n\n## Two\n\n1. See [One](#one)\n"
    assert lines(rule, text) == [(5, "warning"), (9, "warning")]


def test_a_jump_to_a_paragraph_that_is_not_there() -> None:
    text = "# X\n\n### 3.1. Look\n\nIf it is down, continue with step {}.\n\n### 3.2. Restart\n\n```sh\nuptime\n```\n"
    assert lines(rule, text.format("3.9")) == [(5, "warning")]
    assert lines(rule, text.format("3.2")) == []
    assert lines(rule, text.format("4.1")) == []  # of another document
