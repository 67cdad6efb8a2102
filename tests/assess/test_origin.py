"""Where a setting has its value from, and how that is taken back."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.checks.files import Line
from fireline.assess.origin import Origin, in_order, kilobytes, milliseconds, nearest, origins, truth
from tests.assess.given import SERVER, base, files, look, settings


def test_every_origin_for_this_database_is_found_and_no_other() -> None:
    given = settings(
        ("shop", None, "work_mem", "1MB"), ("other", None, "work_mem", "2MB"), (None, "web", "work_mem", "3MB")
    )
    found = origins(look(settings=given, files=files(Line("/a.conf", 1, "work_mem", "4MB", applied=True))), "work_mem")
    assert [(one.whom, one.value) for one in found] == [
        ("database shop", "1MB"),
        ("role web", "3MB"),
        ("the whole server", "4MB"),
    ]


def test_the_nearest_origin_counts_for_a_role() -> None:
    given = settings(
        ("shop", None, "work_mem", "1MB"), (None, "web", "work_mem", "3MB"), ("shop", "web", "work_mem", "5MB")
    )
    seen = look(settings=given)
    assert [one.value for one in nearest(seen, "web", "work_mem")] == ["5MB"]
    assert [one.value for one in nearest(seen, "api", "work_mem")] == ["1MB"]


def test_a_value_of_the_server_without_its_files_has_its_unit() -> None:
    own = settings(shared_buffers=base("shared_buffers", "4096", "8kB", "configuration file"))
    assert origins(look(settings=own), "shared_buffers")[0].value == "32768kB"
    assert origins(replace(look(settings=own), server=SERVER), "work_mem") == ()


def test_what_is_taken_back_can_be_given_again() -> None:
    path = Origin("search_path", '"a b", c', database="Shop 1")
    assert path.takes_back("") == ('ALTER DATABASE "Shop 1" RESET search_path',)
    assert path.gives_again() == ('ALTER DATABASE "Shop 1" SET search_path = "a b", c',)
    both = Origin("lock_timeout", "1s", database="shop", role="user")
    assert both.takes_back("0") == ('ALTER ROLE "user" IN DATABASE shop RESET lock_timeout',)
    written = Origin("jit", "on", file="/etc/postgresql.conf", line=3)
    assert written.takes_back("off")[0] == "ALTER SYSTEM SET jit = 'off'"
    assert written.gives_again()[0] == "ALTER SYSTEM RESET jit"


def test_quantities_are_read_as_the_server_does() -> None:
    assert [milliseconds(one) for one in ("50", "50ms", "2s", "1min", "x", "5 parsecs")] == [
        50,
        50,
        2000,
        60_000,
        None,
        None,
    ]
    assert [kilobytes(one) for one in ("64", "64kB", "4MB", "1GB", "")] == [64, 64, 4096, 1024**2, None]
    assert [truth(one) for one in ("on", "true", "t", "yes", "1", "off", "0", "", "o")] == [True] * 5 + [False] * 4


def test_a_reload_that_several_need_comes_once_and_behind_the_last_of_them() -> None:
    auto = "/data/postgresql.auto.conf"
    both = (Origin("work_mem", "64kB", file=auto), Origin("enable_sort", "off", file=auto))
    assert in_order(sql for one in both for sql in one.takes_back("x")) == (
        "ALTER SYSTEM RESET work_mem",
        "ALTER SYSTEM RESET enable_sort",
        "SELECT pg_reload_conf()",
    )
