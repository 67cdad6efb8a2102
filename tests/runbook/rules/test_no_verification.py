"""A restore needs something that could come out wrong; other changes get a word."""

from __future__ import annotations

import pytest

from fireline.runbook.rules.no_verification import rule
from tests.runbook.rules.saying import faults, lines, mended

RESTORE = "# Data loss\n\n1. **Restore:**\n   ```bash\n   ./restore.sh\n   ```\n"


def test_a_restore_that_nobody_looks_at_is_told_at_its_heading() -> None:
    assert lines(rule, RESTORE) == [(1, "warning")]


def test_a_verify_without_a_word_more_is_told_at_the_restore() -> None:
    found = faults(rule, f"{RESTORE}2. **Verify restore**\n")
    assert [one.line for one in found] == [5]
    assert "line 7" in found[0].message


@pytest.mark.parametrize(
    "step",
    [
        "2. **Verify:** compare the stock list of yesterday with the screen",
        "2. **Verify:**\n   ```sql\n   SELECT max(created_at) FROM orders;\n   ```",
        "2. **Check:**\n   ```sql\n   SELECT count(*) FROM orders;\n   ```\n   **Expect:** `count > 1000`",
        "2. **Check:**\n   ```bash\n   curl --fail https://example.com/health\n   ```",
        "2. **Prüfen:** die Bestandsliste von gestern mit der Maske vergleichen",
        "2. Sprawdzenie: stan magazynowy dziesięciu losowych miejsc zgadza się z półką",
    ],
)
def test_something_that_could_come_out_wrong_is_enough(step: str) -> None:
    assert lines(rule, f"{RESTORE}{step}\n") == []


def test_a_comparison_is_offered_and_mends_it() -> None:
    text = f"{RESTORE}2. **Verify restore**\n"
    after = mended(text, faults(rule, text)[0])
    assert (
        "   **Verify:** what was restored is what was backed up.\n   ```bash\n   fireline resolve verify-restore\n   ```"
        in after
    )
    assert lines(rule, after) == []


def test_another_change_that_ends_a_procedure_is_for_information() -> None:
    text = "# Queue\n\n1. **Look:**\n   ```bash\n   kubectl get pods\n   ```\n2. **Scale:**\n   ```bash\n   kubectl scale deploy/x --replicas=3\n   ```\n"
    assert lines(rule, text) == [(1, "info")]
    assert lines(rule, f"{text}3. **Watch** the queue fall\n") == []


def test_a_procedure_that_only_looks_needs_none() -> None:
    assert lines(rule, "# Queue\n\n1. **Look:**\n   ```sql\n   SELECT 1;\n   ```\n2. **Note it down**\n") == []


def test_a_restore_into_a_copy_is_no_restore_over_something() -> None:
    text = "# Data loss\n\n1. **Beside:**\n   ```bash\n   createdb other\n   pg_restore -d other x.dump\n   ```\n2. **Look:**\n   ```bash\n   psql -d other -c 'select 1'\n   ```\n"
    assert lines(rule, text) == []


@pytest.mark.parametrize("words", ["Check that everything is ok", "Prüfen, ob wieder alles funktioniert"])
def test_a_sentence_without_anything_to_see_proves_nothing(words: str) -> None:
    assert lines(rule, f"{RESTORE}2. {words}\n") == [(5, "warning")]
    assert lines(rule, f"{RESTORE}2. {words}: the newest order is of today\n") == []
