"""How much memory the machine has."""

from __future__ import annotations

from fireline.assess.checks.memory import read
from fireline.postgres.connect import Target, connect
from tests.assess.judging import NOTHING_SEEN


def test_a_server_on_this_machine_has_what_this_machine_has(target: Target) -> None:
    with connect(target) as conn:
        found = read(conn, NOTHING_SEEN)
    assert found.total is not None
    assert 2**27 < found.total < 2**45
