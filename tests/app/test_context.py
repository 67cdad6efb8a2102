"""The parts are put together, and a store that would die with its patient is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline.app.context import check_store_is_not_a_target, make, remedies, store_url
from fireline.errors import Refused, StoreUnavailable
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.settings import Settings, StoreSettings, TargetSettings


def settings(store: str, target: str, *, on_target: bool = False) -> Settings:
    return Settings(
        store=StoreSettings(url=Secret(store), on_target=on_target),
        targets={"main": TargetSettings(dsn=Secret(target))},
    )


def another_database(url: str) -> str:
    """The same server under another name of a database."""
    return url.replace(url.rpartition("/")[2].partition("?")[0], "postgres", 1)


def test_a_store_on_the_server_of_a_target_is_refused(store_url: str) -> None:
    same = settings(store_url, another_database(store_url))
    with pytest.raises(Refused, match="the store is on the server of target main: it would be lost with it"):
        check_store_is_not_a_target(same, store_url)


def test_whoever_wants_it_all_the_same_is_told_loudly(store_url: str) -> None:
    same = settings(store_url, another_database(store_url), on_target=True)
    assert "when that server is down, so is Fireline" in (check_store_is_not_a_target(same, store_url) or "")


def test_a_store_of_its_own_is_fine(store_url: str, patient: Target) -> None:
    assert check_store_is_not_a_target(settings(store_url, patient.dsn.reveal()), store_url) is None


def test_a_target_that_is_down_tonight_does_not_keep_fireline_from_starting(store_url: str) -> None:
    down = settings(store_url, "postgresql://nobody@127.0.0.1:9/app")
    assert check_store_is_not_a_target(down, store_url) is None


def test_without_a_store_the_command_that_starts_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as missing:
        store_url_of(tmp_path)
    assert missing.value.hint == "Start it with `fireline up`, or set store.url."


def store_url_of(folder: Path) -> str:
    return store_url(Settings(store=StoreSettings(folder=folder / "state")))


def test_every_remedy_on_the_shelves_is_found_by_the_words_that_call_it() -> None:
    found = remedies()
    assert {"resolve terminate-session", "contain snapshot"} <= set(found)
    assert all(key == f"{remedy.phase} {remedy.name}" for key, remedy in found.items())
    assert all(remedy.undo is not None or remedy.no_undo for remedy in found.values())


def test_nothing_is_connected_before_it_is_used(store_url: str) -> None:
    made = make(Settings(store=StoreSettings(url=Secret("postgresql://nobody@127.0.0.1:9/x"))), pool_size=1)
    made.close()
