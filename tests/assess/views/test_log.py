from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from fireline import clock
from fireline.assess.checks.log import gathered
from fireline.assess.snapshot import Asked
from fireline.assess.views.log import show
from fireline.postgres.connect import Target
from fireline.postgres.log_tail import Tail
from tests.assess.refusals import ago, said, snap
from tests.assess.views.looking import seen


def test_messages_are_counted_by_kind_and_failed_logins_by_user(target: Target, tmp_path: Path) -> None:
    now = f"{clock.now():%Y-%m-%d %H:%M:%S.000} UTC"
    log = tmp_path / "server.log"
    log.write_text(
        f'{now} [71] FATAL:  password authentication failed for user "ann"\n' * 3
        + f"{now} [72] ERROR:  deadlock detected\n{now} [73] ERROR:  deadlock detected\n"
    )
    found = seen(target, "log", Asked(since=timedelta(hours=1), log_file=log))
    assert str(log) in found.facts[0]
    counts = {row["message"]: row["count"] for row in found.tables["Messages"]}
    assert counts["deadlock detected"] == 2
    (failed,) = found.tables["Logins that failed"]
    assert (failed["user"], failed["times"]) == ("ann", 3)


def test_errors_are_counted_before_and_since_a_moment_and_lines_are_searched(target: Target, tmp_path: Path) -> None:
    now = clock.now()
    log = tmp_path / "server.log"
    times = [(50, "deadlock detected"), *((minute, "deadlock detected") for minute in range(30)), (2, "out of memory")]
    lines = [
        f"{now - timedelta(minutes=m):%Y-%m-%d %H:%M:%S.000} UTC [7] ERROR:  {text}\n"
        for m, text in sorted(times)[::-1]
    ]
    log.write_text("".join(lines))
    start = now - timedelta(minutes=20, seconds=30)
    found = seen(target, "log", Asked(log_file=log, start=start, search="memory|nothing"))
    assert found.facts[-1].startswith("9 errors in the 15 min before ")
    assert found.facts[-1].endswith(", 22 since")
    rows = {row["message"]: row for row in found.tables["Messages"]}
    assert (rows["deadlock detected"]["before"], rows["deadlock detected"]["since"]) == (9, 21)
    assert (rows["out of memory"]["before"], rows["out of memory"]["since"]) == (0, 1)
    assert set(rows["out of memory"]["over_time"]) == {"·", "█"}
    (line,) = found.tables["Lines that match memory|nothing"]
    assert (line["severity"], line["message"]) == ("ERROR", "out of memory")


def test_of_a_server_that_is_down_the_last_words_are_shown_as_such() -> None:
    ended = said("FATAL", "the end", 86400)
    old = gathered(Tail("/x.log", "stderr", (ended,), whole=True), ago(30 * 86400))
    shown = show(replace(snap(log=old), asked=Asked()))
    assert "last words" in shown.facts[1]
    assert [row["message"] for row in shown.sections[0].rows] == ["the end"]
    recent = gathered(Tail("/x.log", "stderr", (ended, said("FATAL", "the end", 60)), whole=True), ago(30 * 86400))
    (row,) = show(replace(snap(log=recent), asked=Asked())).sections[0].rows
    assert (row["count"], row["first_at"]) == (1, ago(60))
