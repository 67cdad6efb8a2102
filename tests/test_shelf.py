"""A folder becomes a dict, with no list to edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline import shelf


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A room with a shelf of two things, importable under a name of its own."""
    name = f"room_{tmp_path.name}".replace("-", "_")
    folder = tmp_path / name / "things"
    folder.mkdir(parents=True)
    for file in (tmp_path / name / "__init__.py", folder / "__init__.py"):
        file.write_text("")
    (folder / "long_name.py").write_text("thing = 'long'\n")
    (folder / "apple.py").write_text("thing = 'apple'\n")
    monkeypatch.syspath_prepend(tmp_path)
    return f"{name}.things"


def test_each_file_is_a_thing_under_its_own_name(package: str) -> None:
    assert shelf.read(package, "thing") == {"apple": "apple", "long-name": "long"}
    assert list(shelf.read(package, "thing")) == ["apple", "long-name"]


def test_a_file_without_its_thing_is_a_fault_of_the_shelf(package: str) -> None:
    with pytest.raises(AttributeError, match="other"):
        shelf.read(package, "other")


def test_an_object_is_loaded_by_its_path() -> None:
    assert shelf.load("fireline.shelf:load") is shelf.load
