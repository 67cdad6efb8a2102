import psycopg

from fireline.postgres.connect import Target
from tests.assess.views.looking import seen


def test_statements_are_ranked_by_their_share_of_the_time(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE EXTENSION pg_stat_statements")
        conn.execute("SELECT pg_stat_statements_reset()")  # what other tests have run on this server
        conn.execute("SELECT pg_sleep(0.12) /* the slow one */")
        conn.execute("CREATE ROLE nobody_to_be PASSWORD 'hunter2-secret'")
        conn.execute("DROP ROLE nobody_to_be")
    found = seen(target, "slow-queries")
    slow = found.tables["Slow in one call (mean of 100 ms and more)"]
    (mine,) = [row for row in slow if "pg_sleep" in row["statement"] and row["mean_ms"] < 1000]
    assert mine["mean_ms"] >= 120
    assert 0 < mine["load_share"] <= 1
    shares = [row["load_share"] for row in found.tables["By share of all the time"]]
    assert shares == sorted(shares, reverse=True)
    assert "hunter2" not in str(found.tables)


def test_without_the_extension_it_is_unknown_and_not_empty(target: Target) -> None:
    found = seen(target, "slow-queries")
    assert (found.facts, found.tables) == ([], {})
    assert "pg_stat_statements" in found.unknown[0]["because"]
