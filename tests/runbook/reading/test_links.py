"""Links: whether they lead anywhere, and how far they are followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline.runbook.parse import read_all
from fireline.runbook.reading.links import MOST_FILES, resolves, root_of


def test_where_links_lead(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a b.md").write_text("x")
    file = tmp_path / "docs" / "main.md"
    answers = {
        "a%20b.md": True,
        "a%20b.md#part": True,
        "/docs/a%20b.md": True,
        "../missing.md": False,
        "#Here": True,
        "#there": False,
        "#": True,
        "https://example.org/x": None,
        "mailto:a@example.org": None,
        "//example.org": None,
        "a\0b": False,
        "x" * 5_000: False,
        "http://[": None,
    }
    assert {href: resolves(href, file, {"here"}) for href in answers} == answers
    assert root_of(file) == tmp_path


def test_no_more_than_so_many_files_are_followed(tmp_path: Path) -> None:
    links = []
    for number in range(MOST_FILES + 3):
        (tmp_path / f"{number}.md").write_text(f"# P{number}\n1. x\n")
        links.append(f"[{number}]({number}.md)")
    (tmp_path / "main.md").write_text("# Main\n1. x\n\n" + "\n\n".join(links))
    books = read_all([tmp_path / "main.md"])
    assert len(books) == MOST_FILES + 1
    assert sum("too many linked files" in note for note in books[0].notes) == 3


@pytest.mark.parametrize("name", ["notes.txt", "image.md/x", "folder.md"])
def test_only_markdown_files_are_followed(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "notes.txt").write_text("# P\n1. x\n")
    (tmp_path / "main.md").write_text(f"# Main\n1. x\n\n[a]({name})\n")
    assert len(read_all([tmp_path / "main.md"])) == 1


def test_a_linked_file_that_can_not_be_read_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_bytes(b"# \xff\n1. x\n")
    (tmp_path / "main.md").write_text("# Main\n1. x\n\n[a](bad.md) [me](main.md)\n")
    (book,) = read_all([tmp_path / "main.md"])
    assert len(book.notes) == 1
    assert "is not UTF-8" in book.notes[0]
