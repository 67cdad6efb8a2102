"""Programs made here, on a PATH of their own, and the shipped tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline.runbook.lint.programs import tools

EAS = """
import sys
words = [one for one in sys.argv[1:] if not one.startswith('--')]
if '--version' in sys.argv:
    print('eas-cli/99.0.0 linux-x64')
elif not words:
    names = 'account branch build channel config credentials deploy device diagnostics env fingerprint go init integrations'
    names += ' login logout metadata new observe open project simulator status submit testflight update upload webhook whoami workflow'
    print('USAGE\\n  $ eas [COMMAND]\\n\\nCOMMANDS')
    for name in names.split():
        print(f'  {name}   does it')
elif words == ['build']:
    print('USAGE\\n  $ eas build [--json]\\n\\nFLAGS\\n  --json   as JSON\\n\\nCOMMANDS')
    for name in 'cancel list view rollback run configure resign'.split():
        print(f'  build:{name}   does it')
else:
    print('USAGE\\n  $ eas ' + ' '.join(words) + ' [ID]\\n\\nFLAGS\\n  --quick   quickly')
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def install(folder: Path, name: str, body: str) -> None:
    (folder / name).write_text(f"#!/usr/bin/env python3\n{body}")
    (folder / name).chmod(0o755)


def test_a_program_is_found_in_the_folders_of_path_only(path: Path) -> None:
    install(path, "eas", EAS)
    here = tools.here(path=f"{path}:relative")
    assert here.where("eas") == path / "eas"
    assert here.where("sort") is None
    assert here.where("./eas") is None


def test_what_is_not_here_is_known_by_its_table(path: Path) -> None:
    known = tools.here(path=str(path)).known("eas", ("build:rollback",))
    assert known is not None
    assert (known.exists, known.source, known.path) == (False, "shipped", ("build",))
    assert known.elsewhere[0] == ("update", "rollback")
    assert known.label.startswith("eas-cli ")


def test_the_installed_version_goes_before_the_table(path: Path) -> None:
    install(path, "eas", EAS)
    here = tools.here(path=str(path))
    known = here.known("eas", ("build:rollback",))
    assert known is not None
    assert (known.exists, known.source, known.version) == (True, "installed", "99.0.0")
    assert known.options is not None
    assert {"--json", "--quick"} <= known.options
    gone = here.known("eas", ("build", "delete"))
    assert gone is not None
    assert gone.exists is False


def test_it_is_asked_nothing_where_that_is_not_wanted(path: Path) -> None:
    asked = path / "asked"
    install(path, "eas", f"open({str(asked)!r}, 'w')")
    known = tools.here(path=str(path), learn=False).known("eas", ())
    assert known is not None
    assert known.source == "shipped"
    tools.here(path=str(path), files=[path / "runbook.md"]).known("eas", ())
    assert not asked.exists()


def test_one_whose_help_can_not_be_read_is_unknown_and_not_without_commands(path: Path) -> None:
    install(path, "eas", "print('Segmentation fault')")
    known = tools.here(path=str(path)).known("eas", ("build",))
    assert known is not None
    assert known.exists is None


def test_a_binary_of_the_system_tells_its_options(path: Path) -> None:
    known = tools.here(path="/usr/bin").known("sort", ("file",))
    assert known is not None
    assert known.options is not None
    assert "--unique" in known.options
    assert tools.here(path="/usr/bin").known("no-such-program", ()) is None


def test_colons_and_blanks_are_the_same_to_a_program_of_oclif() -> None:
    shipped = tools.shipped()
    one, other = shipped.known("eas", ("build:list",)), shipped.known("eas", ("build", "list"))
    assert one == other
    assert one is not None
    assert one.exists


def test_options_of_everything_above_count() -> None:
    known = tools.shipped().known("supabase", ("db", "dump"))
    assert known is not None
    assert known.options is not None
    assert {"--data-only", "--workdir"} <= known.options


def test_where_the_version_is_not_known_a_difference_between_versions_is_told(path: Path) -> None:
    known = tools.shipped().known("supabase", ("logs",))
    assert known is not None
    assert known.exists is True
    assert any(label.startswith("supabase 2.") for label in known.differs)


def test_options_of_older_versions_are_taken_while_the_version_is_not_known() -> None:
    known = tools.shipped().known("supabase", ("inspect", "db", "bloat"))
    assert known is not None
    assert known.options is not None
    assert {"--linked", "--remote"} <= known.options


def test_a_plugin_that_is_here_or_well_known_may_be_anything(path: Path) -> None:
    here = tools.here(path=str(path), learn=False)
    for word, exists in (("ctx", None), ("restart", False)):
        known = here.known("kubectl", (word, "x"))
        assert known is not None
        assert known.exists is exists
    install(path, "kubectl-restart", "")
    known = here.known("kubectl", ("restart",))
    assert known is not None
    assert known.exists is None


def test_of_a_program_with_aliases_only_a_slip_of_the_pen_is_known_to_be_wrong() -> None:
    for word, exists in (("comit", False), ("unwind", None), ("commit", True)):
        known = tools.shipped().known("git", (word,))
        assert known is not None
        assert known.exists is exists, word


def test_what_brings_a_program_is_told() -> None:
    assert tools.shipped().brings("eas") == "npm install --global eas-cli"
    assert tools.shipped().brings("jq") == "apt install jq"
    assert tools.here(path="/nowhere").brings("no-such-program") is None


def test_the_names_on_path_can_be_given() -> None:
    assert tools.shipped(["psql"]).where("psql")
    assert tools.shipped(["psql"]).where("jq") is None
    assert tools.shipped().where("jq")
    assert tools.shipped().where("no-such-program") is None
