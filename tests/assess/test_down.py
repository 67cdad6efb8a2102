"""What a server said before it went."""

from __future__ import annotations

from pathlib import Path

from fireline.assess.checks.server_files import ServerFiles
from fireline.assess.down import how_to_start, is_down, last_words, stopped_by
from tests.assess.refusals import away, files, log, said

DOWN = "nothing listens at /tmp port 5432"
READY = said("LOG", "database system is ready to accept connections", 900, pid=1)
ENDED = said("LOG", "database system is shut down", 800, pid=1)
FATAL = said("FATAL", "could not do it", 700, pid=2)
AFTER = said("LOG", "database system is shut down", 700, pid=2)


def test_last_words_are_those_behind_the_last_good_moment() -> None:
    seen = away("refused", DOWN, server_files=files("shut down"), log=log(READY, ENDED, FATAL, AFTER))
    assert [one.message for one in last_words(seen)] == ["could not do it", "database system is shut down"]
    words = stopped_by(seen, r"could not (do) it")
    assert words is not None
    assert words.names == ("do",)
    assert stopped_by(seen, "something else") is None
    assert last_words(away("refused", DOWN)) == ()


def test_a_server_is_down_when_nobody_answers_and_no_process_is_there() -> None:
    assert is_down(away("refused", DOWN, server_files=files("shut down")))
    assert is_down(away("lost", "closed", server_files=files()))
    assert not is_down(away("refused", DOWN, server_files=files(alive=True)))
    assert not is_down(away("slots", "too many clients", server_files=files()))


def test_it_is_started_as_its_folder_suggests() -> None:
    debian = ServerFiles(
        here=True, data=Path("/var/lib/postgresql/15/main"), config=Path("/etc/postgresql/15/main/postgresql.conf")
    )
    assert how_to_start(debian) == "pg_ctlcluster 15 main start"
    assert how_to_start(files()) == "pg_ctl -D /data/pg start"
    assert how_to_start(None) == "systemctl start postgresql"
