"""Who takes the slots."""

from __future__ import annotations

from fireline.assess.checks.roles import Role
from fireline.assess.slots import idle_of, scarce
from tests.assess.refusals import ago, away, files, locks, roles, session, snap, waiting

SEEN = locks(session(1), session(2, state="idle in transaction"), waiting(3), session(4, "api", state_change=ago(900)))


def test_they_are_scarce_from_nine_tenths_on_and_earlier_when_somebody_complains() -> None:
    for taken, silent, complained in ((70, False, False), (75, False, True), (88, True, True), (97, True, True)):
        known = roles(Role("web"), slots=100, taken=taken)
        assert (scarce(snap(roles=known, locks=SEEN)) is not None) is silent
        assert (scarce(snap("too many clients", roles=known, locks=SEEN)) is not None) is complained


def test_what_they_do_is_counted() -> None:
    found = scarce(snap(roles=roles(taken=97), locks=SEEN))
    assert found is not None
    assert found.full
    assert found.words == "97 of 100 slots are taken: 2 idle, 1 idle in a transaction, 1 waiting for a lock"
    assert found.users == (("web", 1), ("api", 1))
    assert [one.pid for one in idle_of(snap(locks=SEEN), "api")] == [4]


def test_from_outside_the_titles_of_the_processes_are_read() -> None:
    titles = [
        "web shop [local] idle",
        "web shop 10.0.0.5(4711) idle in transaction",
        "web shop ::1(99) SELECT waiting",
        "checkpointer",
        "io worker 0",
    ]
    found = scarce(away("slots", "sorry, too many clients already", server_files=files(alive=True, children=titles)))
    assert found is not None
    assert (found.taken, found.idle, found.stuck, found.waiting) == (3, 1, 1, 1)
    assert found.full
    assert scarce(away("slots", "sorry, too many clients already")) is None
    assert scarce(away("hba", "no pg_hba.conf entry", server_files=files(alive=True, children=titles))) is None
    assert scarce(snap()) is None
