"""Who must agree to a loss is said in the fence, the front matter or the words."""

from __future__ import annotations

from fireline.runbook.rules.destructive_without_approval import rule
from tests.runbook.rules.saying import lines

ANNOTATED = "---\nfireline: 1\n---\n\n"


def page(attributes: str = "", more: str = "") -> str:
    return f"# Disk full\n\n1. **Make room:**\n   ```sql {attributes}\n   TRUNCATE audit_log;\n   ```\n{more}"


def test_in_a_plain_file_it_is_for_information() -> None:
    assert lines(rule, page()) == [(5, "info")]


def test_in_an_annotated_file_it_is_a_warning() -> None:
    assert lines(rule, ANNOTATED + page()) == [(9, "warning")]
    assert lines(rule, ANNOTATED + page("{level=reversible}")) == [(9, "warning")]


def test_a_level_an_approval_or_a_sentence_is_enough() -> None:
    assert lines(rule, ANNOTATED + page("{level=destructive}")) == []
    assert lines(rule, ANNOTATED + page("{approve=1:dba}")) == []
    assert lines(rule, ANNOTATED + page("{level=reversible}", "   **Undo:** it fills again by itself.\n")) == []
    assert lines(rule, ANNOTATED + page(more="   Only with the approval of the DBA.\n")) == []
    assert lines(rule, "---\nfireline: 1\napprovals:\n  destructive: {count: 2}\n---\n\n" + page()) == []
