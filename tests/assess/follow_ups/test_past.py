"""What earlier looks saw comes in with the question; too few of them, or none, is unknown with the reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from fireline.assess.checks.statements import check as statements
from fireline.assess.follow_ups.past import LEAST, check, read
from fireline.assess.look import look
from fireline.assess.past import Past
from fireline.assess.snapshot import Asked, Snapshot
from fireline.postgres.connect import Target, connect
from tests.assess.before import earlier, usual
from tests.assess.before import now as end

ONE = usual("SELECT 1")
WHOLE = earlier(ONE)


def seen(past: Past | None) -> Snapshot:
    """A look that saw the statements, and was asked with this."""
    now = end(WHOLE, [(ONE, ONE)])
    rest = {name: one for name, one in now.readings.items() if name != "past"}
    return replace(now, readings=rest, asked=Asked(past=past))


def test_it_is_handed_through(patient: Target) -> None:
    with connect(patient) as conn:
        assert read(conn, seen(WHOLE)) is WHOLE


@pytest.mark.parametrize(
    ("past", "because"),
    [
        (None, "no store is at hand"),
        (Past(datetime(2026, 3, 1, tzinfo=UTC), missing="the store is away"), "the store is away"),
        (replace(WHOLE, looks=WHOLE.looks[: LEAST - 1]), "3 looks from before 2026-03-01 02:45 UTC are kept, and it takes 4"),
        (replace(WHOLE, looks=WHOLE.looks[:1]), "1 look from before 2026-03-01 02:45 UTC is kept, and it takes 4"),
        (replace(WHOLE, looks=()), "no look from before 2026-03-01 02:45 UTC is kept, and it takes 4"),
        (replace(WHOLE, looks=tuple(replace(one, major=15) for one in WHOLE.looks)), "another server answers"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told(patient: Target, past: Past | None, because: str) -> None:
    with connect(patient) as conn, pytest.raises(psycopg.NotSupportedError, match=because):
        read(conn, seen(past))


def test_it_is_asked_for_only_where_statements_were_seen(patient: Target) -> None:
    assert check.wanted
    assert check.wanted(seen(None))
    found = look(patient, {"statements": statements, "past": check}, gap=0)
    assert set(found.unknown) == {"statements"}


def test_two_who_ask_the_same_share_a_look_whatever_is_known_of_before() -> None:
    assert Asked(past=WHOLE) == Asked()
    assert "Past" not in repr(Asked(past=WHOLE))
