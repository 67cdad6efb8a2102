import psycopg

from fireline.postgres.connect import Target
from tests.assess.views.looking import seen


def test_the_sequence_nearest_to_its_end_comes_first(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute("CREATE TABLE visits (id smallserial, n int); CREATE TABLE others (id bigserial)")
        conn.execute("SELECT setval('visits_id_seq', 30000)")
    first, second = seen(target, "sequences").tables["Sequences"]
    assert (first["sequence"], first["column"], first["used_share"]) == (
        "public.visits_id_seq",
        "public.visits.id",
        0.9156,
    )
    assert second["used_share"] == 0
