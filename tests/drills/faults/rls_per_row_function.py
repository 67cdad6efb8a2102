"""A policy calls a function for every row."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import PASSWORD, Place
from tests.drills.slow_shop import COMPLAINTS, as_application, asked, large


def inject(at: Place) -> Wound:
    large(at, analyze=False)
    as_application(at, f"ANALYZE {at.table}")
    member = f"member_{at.rng.randrange(50)}"
    at.sql(f"CREATE ROLE {member} LOGIN PASSWORD '{PASSWORD}'")
    schema = at.rng.choice(("public", "auth"))
    at.sql(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    at.sql(f"GRANT USAGE ON SCHEMA {schema} TO {member}, {at.role}")
    at.sql("CREATE TABLE members (login text PRIMARY KEY, owner_id int)")
    at.sql(f"INSERT INTO members VALUES ('{member}', 7)")
    body = at.rng.choice(
        (
            "DECLARE found int; BEGIN SELECT m.owner_id INTO found FROM public.members m WHERE m.login = session_user; RETURN found; END",
            "BEGIN RETURN current_setting('app.owner', true)::int; EXCEPTION WHEN others THEN RETURN NULL; END",
        )
    )
    at.sql(
        f"CREATE FUNCTION {schema}.my_owner() RETURNS int LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$ {body} $$"
    )
    check = at.rng.choice((f"owner_id = {schema}.my_owner()", f"({schema}.my_owner() = owner_id) OR state = 'shared'"))
    as_application(
        at,
        f"ALTER TABLE {at.table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY own_rows ON {at.table} USING ({check})",
        f"GRANT SELECT, UPDATE ON {at.table} TO {member}",
    )
    if at.rng.random() < 0.4:
        at.reload(track_functions="none")
    statement = f"SELECT count(*) FROM {at.table}"
    asked(at, statement, times=3)
    asked(at, statement, times=8, role=member)
    at.connect(member, application="web", autocommit=True).execute("SELECT 1")
    return Wound((*COMPLAINTS, "the list is slow through the API, in the SQL console it is instant"))


fault = Fault("rls_per_row_function", inject)
