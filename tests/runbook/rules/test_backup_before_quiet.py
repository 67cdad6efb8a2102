"""A backup of the current state wants a proof before it that nobody writes."""

from __future__ import annotations

import pytest

from fireline.runbook.rules.backup_before_quiet import rule
from tests.runbook.rules.saying import faults, lines, mended

PROOF = "```sql\n   SELECT count(*) FROM pg_stat_activity WHERE usename = 'app';\n   ```"


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ("1. **Stop application**\n2. **Create backup**\n3. **Restore**", [(4, "warning")]),
        ("1. **Create backup** of the current state\n2. **Stop the application**\n3. **Restore**", [(3, "warning")]),
        ("1. **Anwendung anhalten**\n2. **Sicherung anlegen**\n3. **Zurückspielen**", [(4, "warning")]),
        (f"1. **Stop application:**\n   {PROOF}\n2. **Create backup** of the current state\n3. **Restore**", []),
        (
            "1. **Stop application** until no connections are left\n2. **Create backup** of current state\n3. **Restore**",
            [],
        ),
        (
            "1. **Stop it:**\n   ```bash\n   kubectl scale deploy/app --replicas=0\n   ```\n2. **Create backup**\n3. **Restore**",
            [],
        ),
        (
            "1. **Fence it:**\n   ```bash\n   fireline contain fence\n   ```\n2. **Create backup** of current state\n3. **Restore**",
            [],
        ),
        ("1. **Take a backup**\n2. **Upgrade**", []),
        ("1. **Verify that a backup exists**\n2. **Stop application**\n3. **Restore from backup**", []),
        ("1. **Stop application traffic**\n2. **Restore from backup**", []),
    ],
)
def test_only_a_proof_makes_it_quiet(steps: str, found: list[tuple[int, str]]) -> None:
    assert lines(rule, f"# Data corruption\n\n{steps}\n") == found


def test_a_fence_that_proves_itself_mends_it() -> None:
    text = "# Data corruption\n\n1. **Stop application** (if possible)\n2. **Create backup** of current state\n3. **Restore**\n"
    after = mended(text, faults(rule, text)[0])
    assert "(if possible)\n   ```bash\n   fireline contain fence\n   ```\n2. **Create" in after
    assert lines(rule, after) == []
