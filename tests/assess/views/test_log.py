from datetime import timedelta
from pathlib import Path

from fireline import clock
from fireline.assess.snapshot import Asked
from fireline.postgres.connect import Target
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
