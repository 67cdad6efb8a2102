"""A change without a way back: a warning in an annotated file, a word in a plain one."""

from __future__ import annotations

from fireline.runbook.rules.no_rollback import rule
from tests.runbook.rules.saying import lines

SCALE = "# Queue grows\n\n1. **Scale:**\n   ```bash\n   kubectl scale deploy/x --replicas=3\n   ```\n"
ANNOTATED = "---\nfireline: 1\n---\n\n"


def test_the_front_matter_makes_it_a_warning() -> None:
    assert lines(rule, SCALE) == [(1, "info")]
    assert lines(rule, ANNOTATED + SCALE) == [(5, "warning")]


def test_an_undo_a_backup_or_a_sentence_is_a_way_back() -> None:
    for more in (
        "   **Undo:** the same with 1\n",
        "   To roll back, scale to 1.\n",
        "\n**Rollback:** there is none.\n",
        "\n# Rollback procedures\n\n1. **Deploy the last tag**\n",
    ):
        assert lines(rule, ANNOTATED + SCALE + more) == []
    assert (
        lines(rule, ANNOTATED + "# X\n\n1. **Take a backup**\n2. **Change it:**\n   ```bash\n   ./change.sh\n   ```\n")
        == []
    )


def test_restarts_rollbacks_and_reads_need_none() -> None:
    for title, command in (
        ("Restart", "systemctl restart x"),
        ("Roll back", "./deploy.sh old"),
        ("Look", "kubectl get pods"),
    ):
        assert lines(rule, f"{ANNOTATED}# X\n\n1. **{title}:**\n   ```bash\n   {command}\n   ```\n") == []
