from __future__ import annotations

import os
import signal

import pytest

from fireline.demo import home
from fireline.demo.stage import Stage, stoppable, undisturbed


def test_a_stage_on_which_nothing_has_begun_is_cleared() -> None:
    stage = Stage()
    assert stage.folder.is_dir()
    stage.clear()
    assert not stage.folder.exists()


def test_what_was_started_is_stopped_and_its_folder_removed() -> None:
    stage = Stage()
    try:
        stage.school.start()
        stage.sink.start()
        running = stage.school.cluster.running
    finally:
        stage.clear()
    assert running is not None
    assert stage.school.cluster.running is None
    assert not stage.folder.exists()


def test_what_is_kept_is_the_folder_without_the_schools_data() -> None:
    stage = Stage()
    (stage.folder / "postmortem-INC-1.md").write_text("# kept")
    stage.clear(keep=True)
    home.sweep()
    assert (stage.home.folder / "postmortem-INC-1.md").exists()
    stage.clear()
    assert not stage.home.folder.exists()


def test_one_part_that_does_not_stop_does_not_keep_the_others_from_it() -> None:
    stage = Stage()
    stage.sink.start()
    stage.trouble._report = 1  # type: ignore[assignment]  # no connection: closing it fails
    with pytest.raises(AttributeError):
        stage.clear()
    assert not stage.folder.exists()


def test_a_polite_request_to_end_is_like_ctrl_c() -> None:
    with pytest.raises(KeyboardInterrupt), stoppable():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_nothing_interrupts_the_clearing_up() -> None:
    with undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
