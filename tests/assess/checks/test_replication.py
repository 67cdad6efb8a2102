"""Whom commits wait for."""

from __future__ import annotations

from fireline.assess.checks.replication import read
from fireline.assess.snapshot import Replication
from fireline.postgres.connect import Target, connect
from tests.assess.judging import NOTHING_SEEN


def test_a_server_on_its_own_waits_for_nobody(target: Target) -> None:
    with connect(target) as conn:
        assert read(conn, NOTHING_SEEN) == Replication(names="", source="default", standbys=())
