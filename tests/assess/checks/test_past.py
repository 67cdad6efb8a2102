"""What earlier looks saw comes in with the question; too few of them, or none, is unknown with the reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest

from fireline.assess.checks.past import LEAST, check, read
from fireline.assess.look import look
from fireline.assess.past import Past
from fireline.assess.snapshot import Asked
from fireline.postgres.connect import Target, connect
from tests.assess.before import earlier, usual
from tests.assess.judging import NOTHING_SEEN

WHOLE = earlier(usual("SELECT 1"))


def test_it_is_handed_through(patient: Target) -> None:
    found = look(patient, {"past": check}, asked=Asked(past=WHOLE), gap=0)
    assert found.last("past", Past) is WHOLE
    assert found.unknown == {}


@pytest.mark.parametrize(
    ("past", "because"),
    [
        (None, "no store is at hand"),
        (Past(datetime(2026, 3, 1, tzinfo=UTC), missing="the store is away"), "the store is away"),
        (
            replace(WHOLE, looks=WHOLE.looks[: LEAST - 1]),
            "3 looks from before 2026-03-01 02:45 UTC are kept, and it takes 4",
        ),
        (replace(WHOLE, looks=()), "no look from before 2026-03-01 02:45 UTC is kept, and it takes 4"),
    ],
)
def test_what_is_missing_is_told(patient: Target, past: Past | None, because: str) -> None:
    with connect(patient) as conn, pytest.raises(psycopg.NotSupportedError, match=because):
        read(conn, replace(NOTHING_SEEN, asked=Asked(past=past)))


def test_two_who_ask_the_same_share_a_look_whatever_is_known_of_before() -> None:
    assert Asked(past=WHOLE) == Asked()
    assert "Past" not in repr(Asked(past=WHOLE))
