import psycopg

from fireline.postgres.connect import Target
from tests.assess.views.looking import seen
from tests.servers import count_now


def test_tables_have_their_size_and_rows_and_the_dead_are_listed(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE big (id int, t text) WITH (autovacuum_enabled = false)")
        conn.execute("INSERT INTO big SELECT i, repeat('x', 100) FROM generate_series(1, 5000) i")
        count_now(conn)
        conn.execute("ANALYZE big")
        conn.execute("DELETE FROM big WHERE id <= 2500")
        count_now(conn)
    found = seen(target, "tables")
    first = found.tables["Largest"][0]
    assert first["table"] == "public.big"
    assert first["size_bytes"] > 500_000
    assert first["analyzed_at"]
    (dead,) = found.tables["Most dead rows"]
    assert (dead["dead"], dead["dead_share"]) == (2500, 0.5)
