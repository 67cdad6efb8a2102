"""Bash steps: a bare environment, a limit on time and output, nothing left behind."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from fireline import redact
from fireline.errors import Refused
from fireline.run import bash

PATH = "/usr/local/bin:/usr/bin:/bin"


def run(
    command: str,
    folder: Path,
    *,
    timeout: float = 20,
    mark: str | None = None,
    running: bash.Running | None = None,
    **env: str,
) -> bash.Ended:
    return bash.run(
        command,
        folder=folder,
        path=PATH,
        environment=env,
        timeout_seconds=timeout,
        mark=mark or uuid4().hex,  # other tests run beside this one
        running=running or bash.Running(),
    )


def marked(mark: str) -> list[int]:
    """Processes that carry the mark."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"{bash.MARK}={mark}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_the_exit_status_and_both_streams_come_back(tmp_path: Path) -> None:
    ended = run("echo out; echo err >&2; exit 3", tmp_path)
    assert (ended.exit, ended.ended) == (3, None)
    assert ended.output == "out\nerr\n"


def test_the_first_failing_command_ends_the_step_also_inside_a_pipe(tmp_path: Path) -> None:
    ended = run("false | cat; echo not reached", tmp_path)
    assert ended.exit == 1
    assert ended.output == ""


def test_the_environment_holds_only_what_is_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRELINE_TOKEN", "not-for-steps")
    names = {line.partition("=")[0] for line in run("env", tmp_path, COURSE="algebra").output.splitlines()}
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "HOME", "LANG", "COURSE", bash.MARK}


def test_a_value_with_shell_characters_stays_a_value(tmp_path: Path) -> None:
    assert run('printf %s "$NAME"', tmp_path, NAME="$(touch bad); `id` ' \"").output == "$(touch bad); `id` ' \""
    assert not (tmp_path / "bad").exists()


def test_it_runs_in_the_runbooks_folder(tmp_path: Path) -> None:
    assert run("pwd -P", tmp_path).output.strip() == str(tmp_path.resolve())


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is not on this worker"):
        run("true", tmp_path / "gone")


def test_standard_input_is_closed_so_that_a_question_does_not_hang(tmp_path: Path) -> None:
    ended = run("read answer || echo no terminal", tmp_path, timeout=5)
    assert (ended.ended, ended.output) == (None, "no terminal\n")


def test_a_step_that_hangs_is_ended_at_its_limit_with_everything_it_started(tmp_path: Path) -> None:
    ended = run("sleep 300 & sleep 300 & echo begun; wait", tmp_path, timeout=0.5, mark="910001")
    assert (ended.exit, ended.ended, ended.output) == (None, "timed_out", "begun\n")
    assert marked("910001") == []


def test_a_step_that_ignores_the_polite_signal_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bash, "GRACE_SECONDS", 0.3)
    ended = run("trap '' TERM; while :; do :; done", tmp_path, timeout=0.3, mark="910002")
    assert ended.ended == "timed_out"
    assert marked("910002") == []


def test_a_child_in_a_session_of_its_own_is_ended_too(tmp_path: Path) -> None:
    ended = run("setsid sleep 300 & disown; echo left", tmp_path, mark="910003")
    assert (ended.exit, ended.output) == (0, "left\n")
    assert marked("910003") == []


def test_a_background_child_that_holds_the_pipe_does_not_hold_the_step(tmp_path: Path) -> None:
    started = time.monotonic()
    ended = run("sleep 300 & echo done", tmp_path, mark="910004")
    assert ended.output == "done\n"
    assert time.monotonic() - started < 10
    assert marked("910004") == []


def test_of_a_hundred_megabytes_the_beginning_and_the_end_are_kept(tmp_path: Path) -> None:
    ended = run("echo first; head -c 100000000 /dev/zero | tr '\\0' x; echo; echo last", tmp_path, timeout=60)
    assert ended.exit == 0
    assert ended.output.startswith("first\n")
    assert ended.output.endswith("last\n")
    assert "bytes left out" in ended.output
    assert len(ended.output) < 2 * bash.KEEP + 200
    assert ended.size == 100_000_000 + len("first\n\nlast\n")


def test_a_secret_in_the_output_is_not_kept(tmp_path: Path) -> None:
    redact.register("correct-horse-battery")
    ended = run("echo pass=$WORD; echo $WORD | base64", tmp_path, WORD="correct-horse-battery")
    assert "correct-horse" not in ended.output
    assert redact.MASK in ended.output


def test_a_secret_on_the_cut_is_not_kept_either(tmp_path: Path) -> None:
    redact.register("sentinel-on-the-edge")
    before = bash.KEEP - 8
    ended = run(
        f"head -c {before} /dev/zero | tr '\\0' x; printf %s $WORD; head -c 5000000 /dev/zero | tr '\\0' y",
        tmp_path,
        WORD="sentinel-on-the-edge",
    )
    assert "sentinel" not in ended.output


def test_bytes_that_are_not_utf8_become_marks(tmp_path: Path) -> None:
    assert run(r"printf '\xff\xfe\0ok'", tmp_path).output == "\ufffd\ufffd\ufffdok"


def test_a_person_can_stop_it(tmp_path: Path) -> None:
    running = bash.Running()
    timer = threading.Timer(0.3, running.stop)
    timer.start()
    ended = run("echo begun; sleep 300", tmp_path, mark="910005", running=running)
    assert (ended.ended, ended.output) == ("cancelled", "begun\n")
    assert marked("910005") == []


def test_a_worker_that_lost_its_run_starts_nothing(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="taken this run over"):
        bash.run("touch begun", folder=tmp_path, path=PATH, environment={}, timeout_seconds=5, mark="1",
                 running=bash.Running(), may_start=lambda: False)  # fmt: skip
    assert not (tmp_path / "begun").exists()


def test_leftovers_of_a_dead_worker_are_found_by_their_mark(tmp_path: Path) -> None:
    pid = os.posix_spawn("/bin/sleep", ["sleep", "300"], {bash.MARK: "910006"})
    assert bash.end_leftovers("910006") == 1
    os.waitpid(pid, 0)


def test_the_same_number_in_another_store_is_another_mark(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    ours, theirs = {"created_at": now}, {"created_at": now + timedelta(microseconds=1)}
    assert bash.mark_of(ours, 7) == bash.mark_of(dict(ours), 7)
    pid = os.posix_spawn("/bin/sleep", ["sleep", "300"], {bash.MARK: bash.mark_of(theirs, 7)})
    assert bash.end_leftovers(bash.mark_of(ours, 7)) == 0
    assert bash.end_leftovers(bash.mark_of(theirs, 7)) == 1
    os.waitpid(pid, 0)
