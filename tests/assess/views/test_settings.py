import psycopg

from fireline.postgres.connect import Target
from tests.assess.views.looking import seen


def test_what_was_chosen_is_told_with_its_origin_and_what_overrides_it(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {conn.info.dbname} SET work_mem = '1MB'".encode())
        name = conn.info.dbname
    found = seen(target, "settings")
    chosen = {row["setting"]: row for row in found.tables["Chosen"]}
    assert (chosen["max_connections"]["value"], chosen["max_connections"]["from"]) == ("60", "configuration file")
    mine = [row for row in found.tables["Overrides"] if row["database"] == name]
    assert mine == [{"database": name, "role": "all", "setting": "work_mem", "value": "1MB"}]
