"""A view reads only what it needs, shows it, and says what it could not see."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.assess.look import checks
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import Section, Shown, View, examine, named, told, views
from fireline.errors import NotFound, TargetUnavailable
from fireline.postgres.connect import Target
from fireline.redact import Secret
from tests.assess.readings import AT, sessions, snapshot


def show(seen: Snapshot) -> Shown:
    return Shown((f"{len(seen.locks[-1].sessions)} sessions",), (Section("All", ({"pid": 1},)),))


SMALL = View("small", "A small one", ("locks",), show, also=("wal",))


def test_a_view_shows_what_was_read() -> None:
    found = told(SMALL, snapshot(("locks", sessions(4))))
    assert (found["check"], found["facts"], found["unknown"]) == ("small", ("4 sessions",), [])
    assert found["sections"][0]["rows"] == ({"pid": 1},)


def test_what_it_can_not_do_without_makes_it_unknown_and_never_empty() -> None:
    found = told(SMALL, Snapshot("main", AT, None, unknown={"locks": "permission denied"}))
    assert (found["facts"], found["sections"]) == ((), ())
    assert found["unknown"] == [{"check": "locks", "because": "permission denied"}]


def test_a_part_that_could_not_be_read_is_told_beside_the_rest() -> None:
    seen = snapshot()
    found = told(SMALL, Snapshot("main", AT, None, seen.readings, {"wal": "permission denied"}))
    assert found["facts"]
    assert found["unknown"] == [{"check": "wal", "because": "permission denied"}]


def test_every_view_needs_checks_that_exist_and_says_what_it_is() -> None:
    known = {check.name for check in checks().values()}
    for name, view in views().items():
        assert view.name == name
        assert view.summary
        assert view.needs
        assert set(view.needs) | set(view.also) <= known, name


def test_names_are_looked_up() -> None:
    assert [view.name for view in named(["locks", "wal"])] == ["locks", "wal"]
    assert len(named(None)) == len(views())
    with pytest.raises(NotFound, match="no check 'weather'") as missing:
        named(["weather"])
    assert "connections" in (missing.value.hint or "")


def test_only_what_is_needed_is_read(target: Target) -> None:
    found: dict[str, Any] = examine(target, named(["settings"]))
    assert (found["target"], [one["check"] for one in found["checks"]]) == ("main", ["settings"])
    assert found["server_version"]


def test_a_target_that_does_not_answer_is_unavailable() -> None:
    with pytest.raises(TargetUnavailable):
        examine(Target("gone", Secret("host=127.0.0.1 port=1 connect_timeout=1")), named(["locks"]))
