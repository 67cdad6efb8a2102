"""A start that was broken off as the data folder is not as it should be."""

from __future__ import annotations

import pytest

from fireline.assess.causes.startup_data_unusable import judge
from tests.assess.refusals import away, files, log, said, the

DOWN = "nothing listens at /tmp port 5432"


@pytest.mark.parametrize(
    "message",
    [
        "database files are incompatible with server",
        'could not find the database system\nExpected to find it in the directory "/data/pg",\nbut could not open file',
        'data directory "/data/pg" has wrong ownership',
        'data directory "/data/pg" has invalid permissions',
        'could not open file "global/pg_control": Permission denied',
    ],
)
def test_owner_permissions_version_and_missing_files(message: str) -> None:
    found = the(judge(away("refused", DOWN, server_files=files("shut down"), log=log(said("FATAL", message, pid=2)))))
    assert "delete nothing" in found.remedy.text


def test_a_lost_checkpoint_wants_a_copy_and_a_restore_and_no_resetwal() -> None:
    end = said("PANIC", "could not locate a valid checkpoint record", pid=2)
    text = the(judge(away("refused", DOWN, server_files=files("in production"), log=log(end)))).remedy.text
    assert "copy it first" in text
    assert "pg_resetwal would" in text


def test_a_library_that_is_missing_is_another_cause() -> None:
    end = said("FATAL", 'could not access file "x": No such file or directory', pid=2)
    assert judge(away("refused", DOWN, server_files=files("shut down"), log=log(end))) == ()
