from __future__ import annotations

from pathlib import Path

from fireline.runbook.lint.scripts import folders, found_script
from fireline.runbook.lint.subject import Subject
from fireline.runbook.parse import parse_text

TEXT = "# A\n\n1. **Do:**\n   ```bash\n   cd tools && ./x.sh\n   ```\n"


def subject(path: Path) -> Subject:
    return Subject(path, TEXT, parse_text(TEXT))


def test_the_folders_reach_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    inner = tmp_path / "docs" / "ops"
    inner.mkdir(parents=True)
    assert folders(subject(inner / "a.md")) == (inner, tmp_path / "docs", tmp_path)


def test_outside_of_a_repository_it_is_the_runbooks_own() -> None:
    assert folders(subject(Path("/nowhere/at/all/a.md"))) == (Path("/nowhere/at/all"),)


def test_a_script_is_found_from_each_of_them_and_from_where_the_command_goes(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "docs" / "tools").mkdir(parents=True)
    (tmp_path / "top.sh").touch()
    (tmp_path / "docs" / "tools" / "x.sh").touch()
    one = subject(tmp_path / "docs" / "a.md")
    [command] = one.commands
    assert found_script(one, command, "./x.sh") == tmp_path / "docs" / "tools" / "x.sh"
    assert found_script(one, command, "./top.sh") == tmp_path / "top.sh"
    assert found_script(one, command, "tools") is None
    assert found_script(one, command, "none.sh") is None
