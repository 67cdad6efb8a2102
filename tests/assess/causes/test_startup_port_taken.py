"""A start that was broken off as its address is in use."""

from __future__ import annotations

from fireline.assess.causes.startup_port_taken import judge
from tests.assess.refusals import away, files, log, said, the

DOWN = "nothing listens at /tmp port 5432"
BOUND = said("LOG", 'could not bind IPv4 address "127.0.0.1": Address already in use', 61, pid=2)
END = said("FATAL", "could not create any TCP/IP sockets", 60, pid=2)


def test_the_address_that_is_taken_is_told() -> None:
    found = the(judge(away("refused", DOWN, server_files=files("shut down"), log=log(BOUND, END))))
    assert 'could not bind IPv4 address "127.0.0.1"' in found.remedy.text
    lock = said(
        "FATAL", 'lock file "/tmp/.s.PGSQL.5432.lock" already exists', 60, pid=2, hint="Is another postmaster running?"
    )
    assert the(judge(away("refused", DOWN, server_files=files("shut down"), log=log(lock)))).objects == (
        "/tmp/.s.PGSQL.5432.lock",
    )


def test_another_end_and_a_server_that_runs_are_silent() -> None:
    other = said("FATAL", 'could not access file "x": No such file or directory', 60, pid=2)
    assert judge(away("refused", DOWN, server_files=files("shut down"), log=log(other))) == ()
    assert judge(away("refused", DOWN, server_files=files(alive=True), log=log(BOUND, END))) == ()
