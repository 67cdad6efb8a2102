"""Keys that nobody declared."""

from __future__ import annotations

import pytest

from fireline.assess.undeclared import Column, likeness, pairs, propose
from fireline.postgres.connect import Target, connect
from tests.assess.keyed import run

INT, TEXT = 23, 25


def column(relation: str, name: str, *, unique: bool = False, primary: bool = False, schema: str = "public", kind: int = INT,
           declared: bool = False) -> Column:  # fmt: skip
    return Column(
        schema, relation, hash(relation), "r", name, hash(name) % 100, kind, 10, 1, unique or primary, primary, declared
    )


@pytest.mark.parametrize(
    ("child", "parent"),
    [
        (("orders", "customer_id"), ("customers", "id")),
        (("orders", "customerId"), ("Customer", "id")),
        (("orders", "customerid"), ("customers", "id")),
        (("streets", "city_uuid"), ("cities", "id")),
        (("boxes", "batch_id"), ("batches", "id")),
        (("orders", "billing_customer_id"), ("customers", "id")),
        (("orders", "customer_no"), ("customers", "customer_no")),
        (("invoice_7_lines", "invoice_7_id"), ("invoice_7", "id")),
    ],
)
def test_names_that_belong_together(child: tuple[str, str], parent: tuple[str, str]) -> None:
    assert likeness(column(*child), column(*parent, primary=True)) > 0.5


@pytest.mark.parametrize(
    ("child", "parent"),
    [
        (("orders", "id"), ("customers", "id")),
        (("orders", "stripe_id"), ("customers", "id")),
        (("orders", "customer_name"), ("customers", "id")),
        (("orders", "paid"), ("customers", "id")),
        (("orders", "n"), ("orders", "id")),
        (("orders", "code"), ("countries", "code")),
    ],
)
def test_names_that_say_nothing(child: tuple[str, str], parent: tuple[str, str]) -> None:
    assert likeness(column(*child), column(*parent, primary=True)) == 0


def test_a_pair_needs_one_type_a_unique_parent_and_no_declared_key() -> None:
    parent = column("customers", "id", primary=True)
    assert [one.child for one, _ in pairs([parent, column("orders", "customer_id")])] == ["public.orders"]
    assert pairs([parent, column("orders", "customer_id", kind=TEXT)]) == []
    assert pairs([parent, column("orders", "customer_id", declared=True)]) == []
    assert pairs([column("customers", "id"), column("orders", "customer_id")]) == []


def test_the_parent_of_the_same_schema_is_meant() -> None:
    known = [column("customers", "id", primary=True, schema=one) for one in ("a", "b")]
    [(one, _)] = pairs([*known, column("orders", "customer_id", schema="b")])
    assert one.parent == "b.customers"


def test_only_pairs_whose_values_are_nearly_all_there_are_proposed(target: Target) -> None:
    run(
        target,
        "CREATE TABLE lines (id int PRIMARY KEY, order_id int, account_id int)",
        "INSERT INTO lines SELECT i, 1 + i % 100, 90 + i FROM generate_series(1, 300) i",
        "INSERT INTO lines VALUES (301, 5000, NULL)",
        'CREATE TABLE "Big" (order_id int)',
        'INSERT INTO "Big" SELECT 1 + i % 100 FROM generate_series(1, 200000) i',
        "ANALYZE",
    )
    with connect(target) as conn:
        found = propose(conn)
    assert [(one.key.child, one.key.columns, one.key.parent) for one in found] == [
        ('public."Big"', ("order_id",), "public.orders"),
        ("public.lines", ("order_id",), "public.orders"),
    ]
    assert found[1].inclusion == pytest.approx(300 / 301)
    assert found[1].sampled == 301
    assert 0 < found[0].sampled <= 1000


def test_nothing_is_proposed_for_an_empty_database(patient: Target) -> None:
    with connect(patient) as conn:
        assert propose(conn) == ()
