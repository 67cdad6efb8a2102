import psycopg
import pytest

from fireline.postgres.connect import Target
from tests.assess.views.looking import seen


def test_broken_double_and_unused_indexes_are_listed(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(
            "CREATE INDEX one ON orders (n); CREATE INDEX two ON orders (n); CREATE INDEX alone ON accounts (n)"
        )
        conn.execute("UPDATE orders SET n = 7")
        with pytest.raises(psycopg.errors.UniqueViolation):
            conn.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON orders (n)")
    found = seen(target, "indexes")
    assert [row["index"] for row in found.tables["Can not be used"]] == ["public.broken"]
    assert [(row["index"], row["same_as"]) for row in found.tables["Same as another"]] == [("public.two", "public.one")]
    assert {"public.one", "public.two", "public.alone"} == {row["index"] for row in found.tables["Never used"]}
