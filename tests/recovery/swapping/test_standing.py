"""What stands on a database, read and compared; lists of names as the server writes them."""

from __future__ import annotations

from typing import Any

import pytest

from fireline.recovery.swapping.standing import Standing, differences, names

USUAL: dict[str, Any] = {
    "oid": 1, "name": "app", "owner": "ann", "limit": -1, "allows": True, "template": False, "acl": None,
    "usual_acl": ["=Tc/ann", "ann=CTc/ann"], "grants": [], "settings": [], "comment": None, "labels": [],
    "tablespace": "pg_default", "locale": {"encoding": "UTF8"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"$user", public', ["$user", "public"]),
        ('a,"B, c" , "d""e"', ["a", "B, c", 'd"e']),
        ('""', [""]),
        ("", []),
        ("  ", []),
        ("one", ["one"]),
    ],
)
def test_a_list_of_names_is_read_as_the_server_reads_it(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_what_is_stored_comes_back() -> None:
    one = Standing(**USUAL)
    assert Standing.of(one.json()) == one


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"limit": 0}, ["connection limit"]),
        ({"allows": False, "comment": "mine"}, ["whether it allows connections", "comment"]),
        ({"settings": [{"role": None, "settings": ["work_mem=9MB"]}]}, ["settings"]),
        ({"settings": [{"role": "app", "settings": ["jit=off"]}]}, ["settings of role app in it"]),
        ({"grants": [{"grantor": "ann", "grantee": None, "privilege": "CONNECT", "grantable": False}]}, ["rights"]),
        ({"oid": 2, "name": "other", "tablespace": "fast"}, []),
    ],
)
def test_what_differs_is_named(changed: dict[str, Any], says: list[str]) -> None:
    assert differences(Standing(**USUAL), Standing(**{**USUAL, **changed})) == says


def test_blanks_in_a_list_of_names_are_no_difference_and_their_order_is() -> None:
    def with_path(path: str) -> Standing:
        return Standing(**{**USUAL, "settings": [{"role": None, "settings": [f"search_path={path}", "jit=off"]}]})

    assert differences(with_path("a, b"), with_path('a,"b"')) == []
    assert differences(with_path("a, b"), with_path("b, a")) == ["settings"]
