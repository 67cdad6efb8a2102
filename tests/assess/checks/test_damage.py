"""Damaged pages: those that are named, and those that a search meets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from fireline.assess.checks.damage import Damage, read, wanted
from fireline.assess.snapshot import Asked, Snapshot
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN, complaining

DEEP = replace(NOTHING_SEEN, asked=Asked(deep=True))
PAGE = 8192


def seen(target: Target, sofar: Snapshot) -> Damage:
    with connect(target, lock_timeout=timedelta(milliseconds=50)) as conn:
        return read(conn, sofar)


def file_of(faults: Faults, table: str) -> tuple[Path, str]:
    """Where a table lies, and how the server names that."""
    row = faults.owner.execute(
        "SELECT current_setting('data_directory'), pg_relation_filepath(%s::regclass)", [table]
    ).fetchone()
    assert row
    return Path(row[0]), row[1]


def spoil(faults: Faults) -> str:
    """A second page behind the only one of orders, that no server has written; the file's name."""
    faults.owner.execute("VACUUM ANALYZE orders, accounts")
    faults.owner.execute("CHECKPOINT")
    folder, path = file_of(faults, "orders")
    with (folder / path).open("ab") as file:
        file.write(b"\xa5" * PAGE)
    return path


def test_a_named_page_that_is_damaged_is_read_again_and_says_so(target: Target, faults: Faults) -> None:
    path = spoil(faults)
    (page,) = seen(target, complaining(NOTHING_SEEN, f'invalid page in block 1 of relation "{path}"')).pages
    assert (page.block, page.relation, page.kind, page.seen, page.tried) == (
        1,
        "public.orders",
        "r",
        "the complaint",
        True,
    )
    assert page.error
    assert "invalid page in block 1" in page.error


def test_a_named_page_that_is_sound_has_no_error_and_one_behind_a_lock_is_not_tried(
    target: Target, faults: Faults
) -> None:
    _, path = file_of(faults, "orders")
    asked = complaining(NOTHING_SEEN, f'invalid page in block 0 of relation "{path}"')
    (page,) = seen(target, asked).pages
    assert (page.name, page.tried, page.error) == ("orders", True, None)
    faults.idle("migration", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
    (page,) = seen(target, asked).pages
    assert (page.name, page.tried, page.error) == ("orders", False, None)


def test_a_search_meets_the_damaged_page_among_sound_tables(target: Target, faults: Faults) -> None:
    path = spoil(faults)
    found = seen(target, DEEP)
    assert [(one.path, one.block, one.name, one.tried) for one in found.pages] == [(path, 1, "orders", True)]
    assert (found.searched, found.whole) == (2, True)


def test_pages_of_other_databases_are_not_ours_and_nothing_is_searched_unasked(target: Target) -> None:
    elsewhere = complaining(NOTHING_SEEN, 'invalid page in block 0 of relation "base/1/16384"')
    assert seen(target, elsewhere) == Damage()
    assert wanted(elsewhere)
    assert not wanted(NOTHING_SEEN)
