"""Processes that crash again and again."""

from __future__ import annotations

from fireline.assess.causes.crash_loop import judge
from tests.assess.refusals import away, facts, log, said, snap, the

RUNNING = "Failed process was running: SELECT broken(id) FROM orders"


def crash(seconds: float, signal: str = "11: Segmentation fault", kind: str = "server process") -> object:
    return said("LOG", f"{kind} (PID 4711) was terminated by signal {signal}", seconds, detail=RUNNING)


def lines(*crashes: object) -> object:
    return log(*crashes)  # type: ignore[arg-type]


def test_two_crashes_are_named_with_the_statement_that_was_running() -> None:
    found = the(judge(snap(log=lines(crash(200), crash(100)))))
    assert found.severity == "critical"
    assert "SELECT broken(id) FROM orders" in facts(found)
    assert "interval '200 seconds'" in found.probe.sql
    assert "crashed in itself" in found.remedy.text


def test_a_kill_from_outside_speaks_of_memory() -> None:
    assert "want of memory" in the(judge(snap(log=lines(crash(200, "9: Killed"), crash(100, "9: Killed"))))).remedy.text


def test_one_crash_counts_when_it_is_felt() -> None:
    assert judge(snap(log=lines(crash(100)))) == ()
    assert the(judge(snap("server closed the connection unexpectedly", log=lines(crash(100))))).severity == "high"
    assert (
        the(judge(away("recovery", "the database system is in recovery mode", log=lines(crash(100))))).severity
        == "critical"
    )


def test_a_start_is_a_crashs_only_when_nothing_was_well_in_between() -> None:
    starting, up = (
        "the database system is starting up",
        said("LOG", "database system is ready to accept connections", 50),
    )
    assert the(judge(away("starting", starting, log=lines(crash(100))))).cause == "crash_loop"
    assert judge(away("starting", starting, log=lines(crash(100), up))) == ()


def test_a_session_that_was_ended_in_order_is_silent() -> None:
    calm = [said("FATAL", "terminating connection due to administrator command"), crash(9, "15: Terminated")]
    assert judge(snap("crash", log=lines(*calm))) == ()
    assert judge(snap("crash", log=lines(said("LOG", "database system is ready to accept connections")))) == ()
