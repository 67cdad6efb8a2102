import psycopg

from fireline.postgres.connect import Target
from tests.assess.views.looking import seen


def test_keys_are_listed_with_what_is_amiss(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(
            "CREATE TABLE a (n int REFERENCES orders); CREATE TABLE b (n int);"
            "ALTER TABLE b ADD CONSTRAINT late FOREIGN KEY (n) REFERENCES accounts NOT VALID;"
            "ALTER TABLE a DISABLE TRIGGER ALL"
        )
    found = seen(target, "foreign-keys")
    rows = {row["constraint"]: row for row in found.tables["Foreign keys"]}
    assert (rows["late"]["validated"], rows["late"]["enforced"]) == (False, True)
    assert (rows["a_n_fkey"]["validated"], rows["a_n_fkey"]["enforced"], rows["a_n_fkey"]["indexed"]) == (
        True,
        False,
        False,
    )
    assert found.tables["Triggers that do not fire"]
