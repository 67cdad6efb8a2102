"""A server for a moment: of the right version or a newer one, with the roles it was asked for, and gone whatever happens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from fireline.cluster.binaries import find_binaries
from fireline.errors import Refused
from fireline.recovery import scratch
from tests.recovery.place import owner, settings_in


def test_programs_of_the_version_go_before_newer_ones_and_older_ones_never_do() -> None:
    newest = find_binaries().major
    assert scratch.binaries_for(newest, None).major == newest
    assert scratch.binaries_for(13, None).major >= 13
    for beyond in (scratch.NEWEST - 1, scratch.NEWEST, scratch.NEWEST + 5):
        with pytest.raises(Refused, match=f"no PostgreSQL {beyond} or newer is on this machine") as refused:
            scratch.binaries_for(beyond, None)
        assert f"postgresql-{beyond}" in str(refused.value.hint)


def test_a_folder_of_the_settings_is_the_only_one_that_is_looked_into(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no PostgreSQL 13 or newer"):
        scratch.binaries_for(13, tmp_path)
    own = find_binaries()
    assert scratch.binaries_for(own.major, own.folder) == own


def test_it_has_the_roles_that_were_asked_for_and_is_gone_after_the_block_that_failed(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    wanted = ["public", "pg_monitor", "postgres", 'odd "name" ü', "app"]
    seen: dict[str, Any] = {}

    def broken_off() -> None:
        with scratch.server(settings, find_binaries().major, roles=wanted) as target:
            seen["dsn"] = target.dsn.reveal()
            with owner(target) as conn:
                seen["roles"] = {row[0] for row in conn.execute("SELECT rolname FROM pg_roles")}
                seen["listens"] = conn.execute("SELECT current_setting('listen_addresses')").fetchone()
            seen["folders"] = list((tmp_path / "own" / "scratch").iterdir())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken_off()
    assert {'odd "name" ü', "app"} <= seen["roles"]
    assert seen["listens"] == ("",)
    assert seen["folders"] != []
    assert list((tmp_path / "own" / "scratch").iterdir()) == []
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(seen["dsn"], connect_timeout=2)
