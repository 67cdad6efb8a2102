"""What a call of a step is for."""

from __future__ import annotations

import pytest

from fireline.runbook.document import Action
from fireline.runbook.lint.steps.calls import HARMLESS, TELLERS, calls_of, halts, is_query, looks_at, reads


@pytest.mark.parametrize("command", ["curl -s https://x/health", "kubectl get pods", "systemctl is-active app", "./bin/check.sh", "psql -c 'SELECT 1'"])  # fmt: skip
def test_what_looks(command: str) -> None:
    assert looks_at(calls_of(command)[0])
    assert reads(Action("bash", command, 1))


@pytest.mark.parametrize(
    "command", ["curl -X POST https://x", "kubectl apply -f x", "systemctl restart app", "psql -c 'VACUUM'"]
)
def test_what_acts(command: str) -> None:
    assert not looks_at(calls_of(command)[0])


def test_what_stops_users() -> None:
    assert halts(calls_of("kubectl scale deploy/x --replicas=0")[0])
    assert halts(calls_of("heroku maintenance:on")[0])
    assert not halts(calls_of("kubectl scale deploy/x --replicas=3")[0])


def test_a_query_changes_no_rows() -> None:
    assert is_query("SELECT 1")
    assert not is_query("UPDATE x SET a = 1")
    assert reads(Action("sql", "SELECT 1", 1))
    assert not reads(Action("text", "SELECT 1", 1))


def test_what_only_tells_is_known() -> None:
    assert "echo" in TELLERS
    assert "list" in HARMLESS
