import psycopg

from fireline.postgres.connect import Target
from tests.assess.views.looking import seen


def test_tables_policies_and_functions_are_listed(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(
            "ALTER TABLE orders ENABLE ROW LEVEL SECURITY; CREATE POLICY open ON orders USING (true);"
            "GRANT SELECT ON accounts TO PUBLIC;"
            "CREATE ROLE looker NOLOGIN; CREATE VIEW shown AS SELECT * FROM orders; GRANT SELECT ON shown, orders TO looker;"
            "CREATE FUNCTION peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"
        )
        try:
            found = seen(target, "policies")
            may = conn.execute("SELECT rolname FROM pg_roles WHERE NOT rolcanlogin").fetchall()
        finally:
            conn.execute("DROP OWNED BY looker; DROP ROLE looker")
    tables = {row["table"]: row for row in found.tables["Tables"]}
    assert (tables["public.orders"]["row_security"], tables["public.orders"]["policies"]) == (True, 1)
    assert (tables["public.orders"]["open_to_strangers"], tables["public.orders"]["views_around_it"]) == (
        None,
        "public.shown",
    )
    assert tables["public.accounts"]["granted"] == "PUBLIC: SELECT"
    strangers = set(tables["public.accounts"]["open_to_strangers"].split(", "))
    # Other databases of this server may have left roles, and those are strangers here, too.
    assert {"PUBLIC", "looker"} <= strangers <= {"PUBLIC", *(role for (role,) in may)}
    (view,) = found.tables["Views that show guarded tables with their owner's rights"]
    assert (view["view"], view["table"], view["roles"]) == ("public.shown", "public.orders", "looker")
    (policy,) = found.tables["Policies"]
    assert (policy["policy"], policy["command"], policy["lets_all_through"]) == ("open", "ALL", True)
    assert [row["search_path"] for row in found.tables["Functions with their owner's rights"]] == [None]
