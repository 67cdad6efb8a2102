import psycopg

from fireline.postgres.connect import Target
from tests.assess.views.looking import seen


def test_tables_policies_and_functions_are_listed(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(
            "ALTER TABLE orders ENABLE ROW LEVEL SECURITY; CREATE POLICY open ON orders USING (true);"
            "GRANT SELECT ON accounts TO PUBLIC;"
            "CREATE FUNCTION peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"
        )
    found = seen(target, "policies")
    tables = {row["table"]: row for row in found.tables["Tables"]}
    assert (tables["public.orders"]["row_security"], tables["public.orders"]["policies"]) == (True, 1)
    assert tables["public.accounts"]["granted"] == "PUBLIC: SELECT"
    (policy,) = found.tables["Policies"]
    assert (policy["policy"], policy["command"], policy["lets_all_through"]) == ("open", "ALL", True)
    assert [row["search_path"] for row in found.tables["Functions with their owner's rights"]] == [None]
