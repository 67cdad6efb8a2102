"""Which calls show a screen."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.terminal.screens import screen


@pytest.mark.parametrize(
    ("command", "asks"),
    [
        ("vim f", "opens an editor"),
        ("sudo visudo", "opens an editor"),
        ("less f", "shows a file page by page at a terminal"),
        ("top", "waits for somebody at a terminal"),
        ("atop 5", None),
        ("top -b -n 1", None),
        ("less --version", None),
        ("less f > g", None),
        ("visudo -c", None),
        ("echo secret | passwd app", None),
        ("psql", None),
    ],
)
def test_a_screen_is_one_unless_it_prints_and_ends(command: str, asks: str | None) -> None:
    call = calls(command)[-1]
    found = screen(call)
    assert (found.asks if found else None) == asks
    assert found is None or (found.hard and found.instead.endswith("."))
