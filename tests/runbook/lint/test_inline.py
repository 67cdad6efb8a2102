"""Commands in the sentences of steps."""

from __future__ import annotations

from pathlib import Path

from fireline.runbook.lint import checking
from fireline.runbook.lint.inline import inline
from fireline.runbook.lint.programs.tools import shipped
from fireline.runbook.lint.world import World
from fireline.runbook.parse import parse_text


def found(text: str) -> list[tuple[int, str, str, bool]]:
    """Line, language, command of each, and whether it is known."""
    return [
        (one.action.line, one.action.language, one.action.command, one.known) for one in inline(text, parse_text(text))
    ]


def test_a_command_of_a_step_is_found_at_its_line() -> None:
    text = "# A\n\n1. Run `kubectl rollout undo deploy/api`\n   and `df -h`.\n2. Tidy with `billctl purge --all`.\n"
    assert found(text) == [
        (3, "bash", "kubectl rollout undo deploy/api", True),
        (4, "bash", "df -h", True),
        (5, "bash", "billctl purge --all", False),
    ]


def test_names_keys_and_words_are_none() -> None:
    text = "# A\n\n1. Set `table_name`, `config.yml`, `SELECT`, `state = 'paid'`, `psql`, `DATABASE_URL` and `feature.on`.\n"
    assert found(text) == []


def test_what_is_not_to_be_typed_is_left_out() -> None:
    text = (
        "# A\n\n1. Do not run `kubectl delete ns shop`.\n2. `eas build:rollback --all` does not exist.\n3. Use `git ...`\n"
        "\n## Elsewhere\n\nSometimes `kubectl rollot undo deploy/api`.\n"
    )
    assert found(text) == []


def test_what_a_fence_of_the_step_holds_is_not_told_again() -> None:
    assert found("# A\n\n1. Run `df -h`:\n   ```bash\n   df -h\n   ```\n") == []


def _report(text: str) -> checking.Report:
    return checking.judge({Path("a.md"): text}, World(tools=shipped({"kubectl", "df"}), files=False))


def test_its_subcommand_is_judged_where_the_program_is_known_and_else_it_is_unknown() -> None:
    report = _report(
        "# A\n\n1. Run `kubectl rollout bounce deploy/api`, `df -h` and `billctl purge --all`.\n2. `SELECT max(id) FROM jobs`\n"
    )
    assert [(one.rule, one.line) for one in report.findings if one.severity == "error"] == [("unknown-subcommand", 3)]
    assert [(one.line, one.what) for _, one in report.unknown if "sentence" in one.why] == [
        (3, "billctl purge --all"),
        (4, "SELECT max(id) FROM jobs"),
    ]
    assert not any("df" in one.what for _, one in report.unknown)


def test_it_is_never_run_by_a_step() -> None:
    (one,) = parse_text("# A\n\n1. Run `df -h` and look.\n").procedures
    assert [(step.kind, step.action) for step in one.steps] == [("manual", None)]
