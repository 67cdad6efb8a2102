import json
from datetime import UTC, datetime

import pytest

from fireline.cli import terminal


def test_what_outsiders_wrote_can_not_steer_the_terminal() -> None:
    evil = {"title": "down\x1b[2J\x07", "lines": ["a\nb\tc", "\x9b31m"], "count": 3}
    assert terminal.clean(evil) == {"title": "down�[2J�", "lines": ["a\nb\tc", "�31m"], "count": 3}


def test_json_holds_times_as_iso_texts(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.write_json({"at": datetime(2026, 1, 2, 3, tzinfo=UTC), "é": {1}})
    assert json.loads(capsys.readouterr().out) == {"at": "2026-01-02T03:00:00+00:00", "é": [1]}


def test_an_error_is_one_line_whatever_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.complain("first\nsecond\x1b[31m", "Do\n  this.")
    assert capsys.readouterr().err == "error: first second�[31m\nhint: Do this.\n"
