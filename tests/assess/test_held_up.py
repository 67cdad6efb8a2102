"""How bad it is, and how to end a session and ask whether it is gone."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.held_up import end_sessions, explains, gone, same, severity, uncommitted, verdict
from fireline.assess.tangle import tangles
from fireline.assess.verdict import Cure
from tests.assess.judging import complaining
from tests.assess.test_tangle import reading, session, snapshot, wait


def test_severity_goes_by_how_many_wait_how_long_and_whether_readers_do() -> None:
    def of(waiters: int, mode: str = "ShareLock", seconds: float = 1) -> str:
        locks = tuple(replace(wait(pid, "relation", seconds=seconds), mode=mode) for pid in range(2, 2 + waiters))
        found = reading(*(session(pid, changed=seconds) for pid in range(1, 2 + waiters)),
                        blocked={lock.pid: (1,) for lock in locks if lock.pid}, locks=locks)  # fmt: skip
        return severity(tangles(found)[0])

    assert [of(1), of(3), of(10)] == ["medium", "high", "critical"]
    assert [of(1, "AccessShareLock"), of(3, "AccessShareLock")] == ["high", "critical"]
    assert of(1, seconds=90) == "high"


def test_what_is_explained_follows_from_what_is_waited_for() -> None:
    found = tangles(reading(*map(session, range(1, 13)), blocked=dict.fromkeys(range(2, 13), (1,))))[0]
    assert explains(found) == ("statements hang", "timeouts", "updates hang", "connections pile up")


def test_only_the_very_same_transaction_of_the_very_same_session_is_meant() -> None:
    one = session(4821)
    assert same(one) == (
        "pid = 4821 AND backend_start = '2026-11-23T02:00:00+00:00' AND xact_start = '2026-11-23T02:59:00+00:00'"
    )
    assert same(replace(one, xact_start=None)).endswith("AND xact_start IS NULL")


def test_the_command_can_be_pasted_whatever_the_target_is_called() -> None:
    root = tangles(reading(session(1), session(2), blocked={2: (1,)}))[0].roots[0]
    assert end_sessions("main", [root], "").command == "fireline resolve terminate-session 1 --target main"
    assert (
        end_sessions("a b", [root], "", cancel=True).command
        == "fireline resolve terminate-session 1 --target 'a b' --cancel"
    )


def test_the_probe_asks_for_the_root_and_for_those_who_waited() -> None:
    found = tangles(reading(session(1), session(2), session(3), blocked={2: (1,), 3: (2,)}))[0]
    probe = gone(found, found.roots)
    assert "pid IN (2, 3)" in probe.sql
    assert probe.sql.count("UNION ALL") == 1
    assert probe.expect == "rows = 0"


def test_what_would_be_lost_depends_on_whether_anything_was_written() -> None:
    root = tangles(reading(session(1), session(2), blocked={2: (1,)}))[0].roots[0]
    assert uncommitted(root) == "it has written nothing, so only an open read is lost"
    assert uncommitted(replace(root, session=replace(session(1), xid="77"))) == "its uncommitted changes are lost"


def test_few_who_wait_behind_one_that_stays_are_hurt_now_once_somebody_complains() -> None:
    seen = reading(session(1, "idle in transaction"), session(2, began=3, changed=3), blocked={2: (1,)})
    looked = snapshot(seen, seen)
    found = tangles(seen)[0]

    def of(symptom: str) -> str:
        made = verdict(complaining(looked, symptom), found, found.roots, cause="x", title="", evidence=(), rejected={}, remedy=Cure(""))  # fmt: skip
        return made.severity

    assert [of(""), of("permission denied"), of("requests time out")] == ["medium", "medium", "high"]
