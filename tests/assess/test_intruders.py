"""Who tried and then got in."""

from __future__ import annotations

from fireline.assess.intruders import intruders
from fireline.postgres.log_lines import Said
from tests.assess.refusals import ago, locks, log, said, session, snap

HOST = "203.0.113.9"


def burst(host: str, *names: str) -> list[Said]:
    return [
        said(
            "FATAL", f'password authentication failed for user "{names[number % len(names)]}"', 300 - number, host=host
        )
        for number in range(12)
    ]


def test_what_an_intruder_is_known_by() -> None:
    own = session(1, client="10.0.0.5")
    there = session(9, client=HOST, backend_start=ago(100))
    (found,) = intruders(snap(log=log(*burst(HOST, "web", "root")), locks=locks(own, there)))
    assert (found.host, found.user, found.failures, found.tried) == (HOST, "web", 12, ("web", "root"))
    assert (found.pids, found.others) == ((9,), ("10.0.0.5",))


def test_without_a_log_without_an_address_and_without_a_success_there_is_none() -> None:
    there = session(9, client=HOST, backend_start=ago(100))
    assert intruders(snap(locks=locks(there))) == ()
    assert intruders(snap(log=log(*burst("", "web", "root")), locks=locks(there))) == ()
    assert intruders(snap(log=log(*burst("[local]", "web", "root")), locks=locks(there))) == ()
    assert intruders(snap(log=log(*burst(HOST, "web", "root")), locks=locks())) == ()
