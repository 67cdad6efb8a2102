from __future__ import annotations

from pathlib import Path

import pytest

from fireline.runbook.lint.rule import Fault, Unknown
from fireline.runbook.lint.world import World
from fireline.runbook.rules.script_missing import rule
from tests.runbook.rules.saying import look, mended
from tests.runbook.rules.shelling import finds, of, page


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a runbook's folder, a script that runs and one that does not."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "docs").mkdir()
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    for name, mode in (("good.sh", 0o755), ("plain.sh", 0o644)):
        (scripts / name).write_text("#!/bin/bash\nls\n")
        (scripts / name).chmod(mode)
    return tmp_path


def said(repository: Path, command: str) -> list[Fault | Unknown]:
    return look(rule, page(command), path=str(repository / "docs" / "runbook.md"))


@pytest.mark.parametrize(
    "command",
    [
        "./scripts/none.sh",
        "scripts/none.sh --all",
        "bash scripts/none.sh",
        "bash -x ./scripts/none.sh",
        "source ./env/none.sh",
        ". scripts/none.sh",
        "sudo ./scripts/none.sh",
        "python scripts/none.py",
        "./scripts/none.sh || exit 1",
        "../good.sh",
    ],
)
def test_a_script_that_is_not_there_is_found(repository: Path, command: str) -> None:
    [fault] = said(repository, command)
    assert isinstance(fault, Fault)
    assert "neither in the runbook's folder nor in its repository" in fault.message


@pytest.mark.parametrize(
    "command",
    [
        "./scripts/good.sh",
        "scripts/good.sh --all",
        "../scripts/good.sh",
        "bash scripts/plain.sh",
        "source scripts/plain.sh",
        "/opt/none/x.sh",
        "~/bin/x.sh",
        "$BIN/x.sh",
        "x.sh",
        "npx none/package",
        "node_modules/.bin/eslint .",
        "./node_modules/.bin/eslint .",
        ".venv/bin/python x",
        "bash -c 'scripts/none.sh'",
        "python -m none/x",
        "kubectl logs deploy/none",
        "ssh host ./scripts/none.sh",
        "docker exec db ./scripts/none.sh",
        "cd ../scripts && ./good.sh",
        "curl https://example.com/scripts/none.sh",
    ],
)
def test_one_that_is_there_or_is_no_script_is_not(repository: Path, command: str) -> None:
    assert said(repository, command) == []


@pytest.mark.parametrize(
    "command",
    [
        "cd /srv/app && ./scripts/none.sh",
        'cd "$APP"\n./scripts/none.sh',
        "git clone https://example.com/a.git .\n./scripts/none.sh",
        "curl -o scripts/none.sh https://example.com/none.sh\n./scripts/none.sh",
        "cat > scripts/none.sh <<'EOF'\nls\nEOF\n./scripts/none.sh",
        "ssh host\n./scripts/none.sh",
    ],
)
def test_where_nobody_knows_it_is_said_to_be_unknown(repository: Path, command: str) -> None:
    [unknown] = said(repository, command)
    assert isinstance(unknown, Unknown)


def test_a_folder_that_an_earlier_step_goes_to_counts_too(repository: Path) -> None:
    text = page("cd /srv/app", "./scripts/none.sh")
    [unknown] = look(rule, text, path=str(repository / "docs" / "runbook.md"))
    assert isinstance(unknown, Unknown)


def test_a_script_that_can_not_be_executed_is_given_to_its_shell(repository: Path) -> None:
    [fault] = said(repository, "./scripts/plain.sh --all")
    assert isinstance(fault, Fault)
    assert "can not be executed" in fault.message
    assert "chmod +x" in fault.suggestion
    assert "   bash ./scripts/plain.sh --all\n" in mended(page("./scripts/plain.sh --all"), fault)


def test_a_name_that_is_nearly_right_is_suggested(repository: Path) -> None:
    [fault] = said(repository, "./scripts/goood.sh")
    assert isinstance(fault, Fault)
    assert "scripts/good.sh" in fault.suggestion


def test_for_a_backup_script_ours_is_offered() -> None:
    [fault] = of(rule, "./nowhere/backup-manager.sh restore x")
    assert "fireline backup script --to ./nowhere/backup-manager.sh" in fault.suggestion


def test_without_a_look_at_files_it_is_unknown() -> None:
    [unknown] = look(rule, page("./scripts/none.sh"), World(files=False))
    assert isinstance(unknown, Unknown)
    assert not finds(rule, "ls")
