"""What is said when nothing tells why a target does not answer."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.away import gave_up
from fireline.assess.checks.server_files import ServerFiles
from tests.assess.refusals import away, files, log


def test_everything_that_was_tried_is_in_it() -> None:
    seen = replace(
        away("slots", "too many clients", server_files=files(alive=True), log=log()),
        tried=("role b on database postgres: refused",),
    )
    assert seen.away is not None
    told = gave_up(seen, seen.away)
    assert told.kind == "slots"
    for words in (
        "connecting to the local socket port 5432",
        "role b on database postgres: refused",
        "process 4711 runs",
        "the log /var/log/postgresql.log",
    ):
        assert words in told.message


def test_a_server_elsewhere_and_a_dsn_that_can_not_be_read() -> None:
    far = away("timeout", "no answer", server_files=ServerFiles(here=False))
    assert far.away is not None
    assert "this machine, which is not the server's" in gave_up(far, far.away).message
    unread = away("dsn", "the DSN of target main can not be read")
    assert unread.away is not None
    assert "(tried: reading the DSN)" in gave_up(unread, unread.away).message
