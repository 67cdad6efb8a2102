"""What changed before an incident."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.incident import changed, row
from fireline.incident.people import Actor
from fireline.incident.scheme import Scheme
from fireline.incident.transitions import resolve
from fireline.incident.view import incident_view
from fireline.store.connect import Connection
from tests.incident.conftest import Open

T0 = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def change(
    conn: Connection, title: str, at: datetime, *, target: str | None = "main", after: datetime | None = None
) -> None:
    conn.execute(
        "INSERT INTO change (kind, source, target, title, not_before, at, seen_at, once)"
        " VALUES ('deploy', 'ci', %s, %s, %s, %s, %s, %s)",
        [target, title, after, at, at, title],
    )


def seen(conn: Connection, incident: int) -> list[tuple[str, str]]:
    return [(one["title"], one["when"]) for one in changed.around(conn, row.get(conn, incident))]


def test_the_nearest_before_the_first_signal_comes_first_and_what_was_since_last(
    conn: Connection, open_one: Open
) -> None:
    incident = open_one(conn, at=T0)
    change(conn, "a day ago", T0 - 24 * 60 * MINUTE)
    change(conn, "too long ago", T0 - 24 * 60 * MINUTE - MINUTE)
    change(conn, "just before", T0 - 8 * MINUTE)
    change(conn, "hours before", T0 - 200 * MINUTE)
    change(conn, "since", T0 + 3 * MINUTE)
    change(conn, "far later", T0 + 65 * MINUTE)
    assert seen(conn, incident) == [
        ("just before", "8 min before"),
        ("hours before", "3 h 20 min before"),
        ("a day ago", "1 d before"),
        ("since", "3 min after"),
        ("far later", "1 h 5 min after"),
    ]


def test_of_its_target_and_of_any_and_without_a_target_of_all(conn: Connection, open_one: Open) -> None:
    mine, whose = open_one(conn, at=T0), open_one(conn, at=T0, target=None, group_key="else")
    change(conn, "here", T0 - MINUTE)
    change(conn, "anywhere", T0 - 2 * MINUTE, target=None)
    change(conn, "elsewhere", T0 - 3 * MINUTE, target="billing")
    assert [title for title, _ in seen(conn, mine)] == ["here", "anywhere"]
    assert [title for title, _ in seen(conn, whose)] == ["here", "anywhere", "elsewhere"]


def test_what_was_between_two_looks_says_so_and_comes_first_when_it_may_have_been_just_before(
    conn: Connection, open_one: Open
) -> None:
    incident = open_one(conn, at=T0)
    change(conn, "deploy", T0 - MINUTE)
    change(conn, "around it", T0 + 2 * MINUTE, after=T0 - 3 * MINUTE)
    change(conn, "earlier", T0 - 10 * MINUTE, after=T0 - 15 * MINUTE)
    change(conn, "later", T0 + 10 * MINUTE, after=T0 + 5 * MINUTE)
    assert seen(conn, incident) == [
        ("around it", "between 3 min before and 2 min after"),
        ("deploy", "1 min before"),
        ("earlier", "10 min to 15 min before"),
        ("later", "5 min to 10 min after"),
    ]


def test_what_came_after_the_end_is_not_of_it(conn: Connection, open_one: Open, scheme: Scheme, anna: Actor) -> None:
    began = clock.now() - timedelta(hours=2)
    incident = open_one(conn, at=began)
    resolve(conn, anna, incident=row.name(incident), resolution="done", scheme=scheme)
    change(conn, "before", began - MINUTE)
    change(conn, "meanwhile", began + MINUTE)
    change(conn, "afterwards", clock.now() + MINUTE)
    assert [title for title, _ in seen(conn, incident)] == ["before", "meanwhile"]


def test_however_many_there_are_they_are_counted(conn: Connection, open_one: Open) -> None:
    incident = open_one(conn, at=T0)
    for number in range(changed.MOST + 7):
        change(conn, f"deploy {number}", T0 - number * MINUTE)
    shown: list[dict[str, Any]] = incident_view(conn, incident)["changed"]
    assert (len(shown), shown[0]["total"], shown[0]["title"]) == (changed.MOST, changed.MOST + 7, "deploy 0")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (61, "1 min"), (3600, "1 h"), (3660, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_lengths_are_told_in_words(seconds: int, words: str) -> None:
    assert changed.when(T0, None, T0 - timedelta(seconds=seconds)) == f"{words} before"
