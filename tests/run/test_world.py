"""What a run works with: the runbook as it stands now, and targets by name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fireline.errors import NotFound
from fireline.settings import RunbookSettings
from tests.run.scene import Scene
from tests.run.test_start import BOOK


def test_a_changed_runbook_is_read_again(scene: Scene, tmp_path: Path) -> None:
    book = tmp_path / "book.md"
    book.write_text(BOOK)
    scene.with_settings(runbook=RunbookSettings(files=[book]))
    first = scene.world.runbooks()[0]
    assert scene.world.runbooks()[0] is first
    book.write_text(BOOK.replace("Look", "Listen"))
    os.utime(book, ns=(1, 1))
    assert scene.world.procedure("Listen")[1].title == "Listen"


def test_a_changed_file_that_the_runbook_links_to_is_read_again(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "more.md").write_text(BOOK.replace("Look", "Listen"))
    (tmp_path / "book.md").write_text(BOOK + "\nSee [more](more.md)\n")
    scene.with_settings(runbook=RunbookSettings(files=[tmp_path / "book.md"]))
    assert scene.world.procedure("Listen")[1].title == "Listen"
    (tmp_path / "more.md").write_text(BOOK.replace("Look", "Mend"))
    os.utime(tmp_path / "more.md", ns=(1, 1))
    assert scene.world.procedure("Mend")[1].title == "Mend"


def test_a_target_is_found_by_name_or_because_it_is_the_only_one(scene: Scene) -> None:
    assert scene.world.target(None).name == "main"
    with pytest.raises(NotFound) as missing:
        scene.world.target("other")
    assert missing.value.hint == "Targets in the settings: main."


def test_without_a_runbook_there_are_the_usual_severities(scene: Scene) -> None:
    assert [one.id for one in scene.world.severities()] == ["P0", "P1", "P2", "P3"]
