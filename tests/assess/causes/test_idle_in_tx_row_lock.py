"""A session that changed rows and forgot to commit."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.causes.idle_in_tx_row_lock import cause
from fireline.assess.diagnose import diagnose
from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.judging import asking, complaining, only, quietly, remedied, the_root
from tests.assess.test_tangle import NOW, reading, session, snapshot


def test_idle_in_tx_row_lock(target: Target, faults: Faults) -> None:
    pid = faults.idle("worker", "UPDATE orders SET n = 1 WHERE id = 7")
    for number in range(5):
        faults.waiting(f"web{number}", "UPDATE orders SET n = 2 WHERE id = 7")
    root = the_root(target)
    assert (root.cause, root.severity) == ("idle_in_tx_row_lock", "high")
    assert (
        root.title
        == "An idle transaction has changed rows of orders and not committed; whoever changes the same rows waits."
    )
    assert root.remedy.command == f"fireline resolve terminate-session {pid} --target main"
    assert (root.remedy.level, root.tree[0].pid, root.tree[0].root) == ("reversible", pid, True)
    assert [branch.depth for branch in root.tree].count(0) == 1
    assert len(root.tree) == 6
    assert "its uncommitted changes are lost" in root.remedy.text
    assert only(target) == root.cause
    remedied(target, root)


def test_an_idle_transaction_without_waiters_is_no_cause_unless_somebody_complains(
    target: Target, faults: Faults
) -> None:
    faults.idle("worker", "UPDATE orders SET n = 1 WHERE id = 1")
    assert diagnose(target).causes == ()
    assert diagnose(target, asking("the page is slow")).causes == ()  # it is young
    (suspect,) = diagnose(target, asking("updates hang")).causes
    assert (suspect.cause, suspect.confidence) == ("idle_in_tx_row_lock", 0.4)


def test_a_chain_of_waiters_leads_to_its_end(target: Target, faults: Faults) -> None:
    root_pid = faults.idle("worker", "UPDATE orders SET n = 1 WHERE id = 1")
    middle = faults.open("middle")
    middle.execute("UPDATE accounts SET n = 1 WHERE id = 1")
    faults._begin(lambda: quietly(lambda: middle.execute("UPDATE orders SET n = 2 WHERE id = 1")))
    faults.until("SELECT FROM pg_locks WHERE NOT granted AND pid = %s", middle.info.backend_pid)
    faults.waiting("web", "UPDATE accounts SET n = 2 WHERE id = 1")
    root = the_root(target)
    assert [branch.pid for branch in root.tree][:2] == [root_pid, middle.info.backend_pid]
    assert [branch.depth for branch in root.tree] == [0, 1, 2]


def test_a_complaint_makes_an_old_idle_writer_a_suspect_though_nobody_waits() -> None:
    writer = replace(
        session(7, "idle in transaction", began=400, changed=300), xid="77", query="UPDATE orders SET n = 1"
    )
    (found,) = cause.judge(complaining(snapshot(reading(writer, blocked={})), "updates hang now and then"))
    assert (found.confidence, found.severity, found.tree[0].pid) == (0.4, "medium", 7)
    assert found.tree[0].text == "idle in transaction 5 min   app7@local   UPDATE orders SET n = 1"
    assert found.probe.sql.startswith("SELECT pid FROM pg_stat_activity WHERE pid = 7 AND backend_start = ")
    assert "UNION" not in found.probe.sql
    assert cause.judge(complaining(snapshot(reading(writer, blocked={})), "the logo is blue")) == ()
    assert cause.judge(complaining(snapshot(reading(replace(writer, xid=None), blocked={})), "updates hang")) == ()
    young = replace(writer, state_change=NOW)
    assert cause.judge(complaining(snapshot(reading(young, blocked={})), "it is slow now and then")) == ()
    assert cause.judge(complaining(snapshot(reading(young, blocked={})), "updates hang")) != ()
    moved = reading(replace(writer, state_change=NOW), blocked={})
    assert cause.judge(complaining(snapshot(reading(writer, blocked={}), moved), "updates hang")) == ()
    assert cause.judge(complaining(snapshot(), "updates hang")) == ()
