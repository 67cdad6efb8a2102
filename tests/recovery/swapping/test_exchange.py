"""The session that renames: what it is set to before the first database is closed. The exchange as a whole is in test_swap.py."""

from __future__ import annotations

import pytest

from fireline.postgres.connect import Target, beside
from fireline.recovery.swapping.exchange import watchful
from tests.servers import PATIENTS


@pytest.mark.parametrize("fixture", PATIENTS)
def test_a_rename_looks_again_soon_when_somebody_is_being_turned_away(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    target: Target = request.getfixturevalue(fixture)
    with beside(target, write=True) as conn:
        watchful(conn)
        row = conn.execute(
            "SELECT setting, unit FROM pg_settings WHERE name = 'client_connection_check_interval'"
        ).fetchone()
    assert row == {"setting": "10", "unit": "ms"}
