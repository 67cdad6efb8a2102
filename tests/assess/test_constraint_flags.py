"""What the catalogs alone say against the data."""

from __future__ import annotations

from fireline.assess.constraint_flags import invalid_indexes, unvalidated
from fireline.postgres.connect import Target, connect
from tests.assess.keyed import run


def test_constraints_that_were_never_validated_are_listed(target: Target) -> None:
    run(
        target,
        "CREATE TABLE t (order_id int, n int)",
        "ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (order_id) REFERENCES orders NOT VALID, ADD CONSTRAINT positive CHECK (n > 0) NOT VALID",
        "ALTER TABLE t ADD CONSTRAINT fine CHECK (n < 9)",
        "CREATE DOMAIN small AS int",
        "ALTER DOMAIN small ADD CONSTRAINT least CHECK (value > 1) NOT VALID",
    )
    with connect(target) as conn:
        found = {(one["name"], one["relation"], one["kind"], one["enforced"]) for one in unvalidated(conn)}
    assert found == {
        ("k", "public.t", "foreign key", True),
        ("positive", "public.t", "check", True),
        ("least", "small", "check", True),
    }


def test_indexes_that_are_not_usable_are_listed(target: Target) -> None:
    run(
        target,
        'CREATE INDEX "Half" ON orders (n)',
        "CREATE INDEX dead ON orders (n)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ('\"Half\"'::regclass, 'dead'::regclass)",
        "UPDATE pg_index SET indisready = false WHERE indexrelid = 'dead'::regclass",
    )
    with connect(target) as conn:
        found = {one["name"]: one["state"].split(":")[0] for one in invalid_indexes(conn)}
    assert found == {'public."Half"': "not valid", "public.dead": "not ready"}
