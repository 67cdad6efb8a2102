"""What never ends by itself, and what ends it."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.terminal.endless import endless


@pytest.mark.parametrize(
    ("command", "instead"),
    [
        ("tail -f app.log", "`tail -n 200`"),
        ("tail -n 20 -f app.log", "`tail -n 200`"),
        ("kubectl -n shop logs -f deploy/api", "`kubectl logs --since 15m --tail 200`"),
        ("ping db-1", "-c 4"),
        ("docker stats", "--no-stream"),
    ],
)
def test_what_runs_until_somebody_stops_it_has_something_in_its_place(command: str, instead: str) -> None:
    assert endless(calls(command)[0]) == instead


@pytest.mark.parametrize(
    "command",
    [
        "tail app.log",
        "ping -c 4 db-1",
        "docker stats --no-stream",
        "timeout 10 tail -f app.log",
        "tail -f app.log | head -n 5",
        "tail -f app.log | grep -m 1 ready | cat",
        "kubectl port-forward svc/db 5432 &",
        "x=$(tail -f app.log)",
        "kubectl get pods",
    ],
)
def test_what_ends_or_is_ended_has_nothing(command: str) -> None:
    assert endless(calls(command)[0]) is None
