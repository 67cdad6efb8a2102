"""Conditions that hold whatever the row, on the trees that real servers store."""

from __future__ import annotations

from fireline.assess.always_true import holds
from fireline.postgres.connect import Target
from tests.assess.faults import Faults

ALWAYS = (
    "true",
    "1 = 1",
    "'a' = 'a'",
    "n = n",
    "NOT 1 = 2",
    "n = 3 OR true",
    "n = n AND id = id",
    "(SELECT true)",
    "coalesce(true, n = 3)",
)
NOT_ALWAYS = (
    "false",
    "NULL::bool",
    "n = 3",
    "n = id",
    "n = current_setting('app.tenant', true)::int",
    "n = 3 AND true",
    "NOT true",
    "1 = 2 OR n = 3",
    "n > n",
    "n IN (SELECT id FROM accounts)",
    "EXISTS (SELECT FROM accounts a WHERE a.id = a.id)",
    "(SELECT true FROM accounts LIMIT 1)",
    "current_user = current_user",
)


def test_what_is_true_for_every_row_is_told_from_what_is_not(target: Target, faults: Faults) -> None:
    del target
    for number, condition in enumerate((*ALWAYS, *NOT_ALWAYS)):
        faults.owner.execute(f"CREATE POLICY p{number} ON orders USING ({condition})".encode())
    rows = faults.owner.execute("SELECT polname, polqual::text FROM pg_policy WHERE polrelid = 'orders'::regclass")
    trees = dict(rows.fetchall())
    told = {condition: holds(trees[f"p{number}"]) for number, condition in enumerate((*ALWAYS, *NOT_ALWAYS))}
    assert told == {**dict.fromkeys(ALWAYS, True), **dict.fromkeys(NOT_ALWAYS, False)}


def test_what_is_no_tree_or_only_a_part_of_one_is_not_taken_as_true() -> None:
    assert not holds("")
    assert not holds("{CONST :consttype 16 :constisnull false :constvalue 1 [ 1")
