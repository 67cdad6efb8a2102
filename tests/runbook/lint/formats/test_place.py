"""A file is called as its reader finds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline.runbook.lint.formats.place import relative


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a.md", "a.md"),
        ("docs/../docs/a.md", "docs/a.md"),
        ("/repo/docs/a.md", "docs/a.md"),
        ("../elsewhere/a.md", "/elsewhere/a.md"),
        ("/elsewhere/a.md", "/elsewhere/a.md"),
    ],
)
def test_a_path_is_seen_from_the_root(file: str, name: str) -> None:
    assert relative(file, Path("/repo")) == name
