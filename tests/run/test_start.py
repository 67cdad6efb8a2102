"""A procedure of the team's own file becomes a run that an edit of the file does not disturb."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline.errors import NotFound
from fireline.incident.people import FIRELINE
from fireline.run.start import DEEPEST, start_procedure
from fireline.settings import RunbookSettings
from tests.run.scene import Scene

BOOK = """# Runbook

## Look

**Symptoms:**
- Slow

1. **Look:**
   ```sql
   SELECT 1 AS one;
   ```
2. **Ask somebody**
"""

CIRCLE = """# Runbook

## First

1. **Go on:** See [Second](#second)

## Second

1. **Go back:** See [First](#first)
"""


def begin(scene: Scene, book: Path, procedure: str) -> int:
    settings = RunbookSettings(files=[book], folder=book.parent)
    scene.with_settings(runbook=settings)
    with scene.store.transaction() as conn:
        scene.run = start_procedure(
            conn, scene.world, FIRELINE, procedure=procedure, incident=None, target="main", reason="a test"
        )
    scene.advance()
    return scene.run


def test_a_procedure_of_the_file_runs(scene: Scene, tmp_path: Path) -> None:
    book = tmp_path / "book.md"
    book.write_text(BOOK)
    begin(scene, book, "Look")
    assert scene.states() == ["succeeded", "waiting"]
    assert scene.step()["line"] == 8


def test_an_edit_of_the_file_does_not_disturb_it(scene: Scene, tmp_path: Path) -> None:
    book = tmp_path / "book.md"
    book.write_text(BOOK)
    begin(scene, book, "Look")
    before = scene.view["procedure"]["revision"]
    book.write_text(BOOK.replace("Ask somebody", "Ask nobody"))
    assert scene.step(2)["title"] == "Ask somebody"
    begin(scene, book, "Look")
    assert scene.step(2)["title"] == "Ask nobody"
    assert scene.view["procedure"]["revision"] != before


def test_a_procedure_that_is_not_there_names_those_that_are(scene: Scene, tmp_path: Path) -> None:
    book = tmp_path / "book.md"
    book.write_text(BOOK)
    with pytest.raises(NotFound) as missing:
        begin(scene, book, "Mend")
    assert missing.value.hint == "There are: Look."


def test_procedures_that_call_each_other_in_a_circle_come_to_an_end(scene: Scene, tmp_path: Path) -> None:
    book = tmp_path / "book.md"
    book.write_text(CIRCLE)
    first = begin(scene, book, "First")
    for child in range(first, first + DEEPEST + 1):
        scene.run = child
        scene.advance()
    with scene.store.transaction() as conn:
        row = conn.execute("SELECT count(*) AS n FROM run").fetchone()
    assert row == {"n": DEEPEST + 1}
    assert scene.step()["outcome"]["error"] == f"procedures call each other more than {DEEPEST} deep"


def test_a_call_ends_as_the_procedure_that_it_called(scene: Scene, tmp_path: Path) -> None:
    book = tmp_path / "book.md"
    book.write_text(
        CIRCLE.replace("1. **Go back:** See [First](#first)", "1. **Read:**\n   ```sql\n   SELECT 1;\n   ```")
    )
    first = begin(scene, book, "First")
    assert scene.step()["waits_for"] == "call"
    scene.run = first + 1
    scene.advance()
    assert scene.states() == ["succeeded"]
    scene.run = first
    scene.advance()
    assert scene.states() == ["succeeded"]
