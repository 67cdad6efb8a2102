"""What an interrupted check leaves for the next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fireline.assess.checked_keys import Checked
from fireline.assess.checks.foreign_keys import ForeignKey
from fireline.errors import Usage

KEY = ForeignKey(7, "k", "public.t", "public.p", ("a",), ("id",))


def test_what_is_done_is_known_again_and_only_we_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    Checked(file, "1 db").add(KEY, {"orphans": 3})
    assert file.stat().st_mode & 0o777 == 0o600
    again = Checked(file, "1 db")
    assert again.get(KEY) == {"orphans": 3}
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_a_key_that_was_dropped_and_made_anew_is_another(tmp_path: Path) -> None:
    known = Checked(tmp_path / "state.json", "1 db")
    known.add(KEY, {"orphans": 3})
    assert known.get(replace(KEY, oid=8)) is None
    assert known.get(replace(KEY, columns=("b",))) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"form": 1}',
        '{"form": 1, "database": "2 db", "keys": {}}',
        '{"form": 9, "database": "1 db", "keys": {}}',
    ],
)
def test_a_file_of_something_else_is_refused_and_left(tmp_path: Path, text: str) -> None:
    file = tmp_path / "state.json"
    file.write_text(text)
    with pytest.raises(Usage):
        Checked(file, "1 db")
    assert file.read_text() == text


def test_without_a_file_nothing_is_written() -> None:
    known = Checked(None, "1 db")
    known.add(KEY, {"orphans": 0})
    assert known.get(KEY) == {"orphans": 0}
