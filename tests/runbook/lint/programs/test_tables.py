from __future__ import annotations

from pathlib import Path

from fireline.runbook.lint.programs import tables
from fireline.runbook.lint.programs.tables import child, load, packages, programs


def test_every_table_can_be_read_and_says_of_which_version_it_is() -> None:
    assert {"eas", "supabase", "psql", "kubectl", "docker", "aws", "heroku"} <= programs()
    for name in programs():
        table = load(name)
        assert table is not None
        assert table.version[0].isdigit(), name
        assert table.label.endswith(table.version)
        assert table.brings
        assert all(load(one) is not None for one in table.older)


def test_no_table_holds_what_no_help_text_says() -> None:
    """Names are names: nothing of a sentence, a placeholder or a punctuation mark became one."""
    for name in programs():
        table = load(name)
        assert table is not None
        for option in table.root.options or ():
            assert option.startswith("-"), (name, option)
            assert not option.endswith((",", ":", "]")), (name, option)
        for word in table.root.children:
            assert word.replace("-", "").replace("_", "").replace(":", "").replace(".", "").isalnum(), (name, word)


def test_together_they_stay_small() -> None:
    folder = Path(str(tables._FOLDER))
    assert sum(file.stat().st_size for file in folder.iterdir()) < 1_000_000


def test_an_alias_leads_to_what_it_stands_for() -> None:
    docker = load("docker")
    assert docker is not None
    container = child(docker.root, "container")
    assert container is not None
    ps, ls = child(container, "ps"), child(container, "ls")
    assert ps is not None
    assert ps == ls


def test_paths_are_found_by_their_end() -> None:
    eas = load("eas")
    assert eas is not None
    assert ("update", "rollback") in eas.ending("rollback")


def test_a_program_that_nobody_knows_has_none() -> None:
    assert load("no-such-program") is None
    assert load("../tables") is None


def test_packages_of_programs_without_a_table_are_known() -> None:
    assert packages()["jq"] == "apt install jq"
    assert not set(packages()) & programs()
