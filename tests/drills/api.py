"""An application behind an API: strangers come as a role of their own, and row security shows them their own rows."""

from __future__ import annotations

from dataclasses import dataclass

from tests.drills.place import Place

DOORS = ("door", "gate", "rest", "hasura", "api_login")
VISITORS = ("anon", "web_anon", "visitor", "public_api", "guest")


@dataclass(frozen=True)
class Api:
    """visitor: the role strangers act as. door: the role that logs in and switches into it. owner: of the tables."""

    visitor: str
    door: str
    owner: str


def api(at: Place, rows: int = 0) -> Api:
    """The shop with its second table behind row security, and a visitor who may read some of it. Nobody logs in as its owner."""
    at.shop(rows or at.rng.randrange(200, 900))
    known = at.rng.random() < 0.5
    made = Api(
        "anon" if known else f"{at.rng.choice(VISITORS)}_{at.rng.randrange(50)}",
        f"{at.rng.choice(DOORS)}_{at.rng.randrange(50)}",
        f"migrations_{at.rng.randrange(50)}",
    )
    at.sql(f"CREATE ROLE {made.visitor} NOLOGIN")
    at.sql(f"CREATE ROLE {made.door} LOGIN NOINHERIT PASSWORD 'drill-pw-8472' IN ROLE {made.visitor}")
    at.sql(f"GRANT USAGE ON SCHEMA public TO {made.visitor}")
    at.sql(f"CREATE ROLE {made.owner} NOLOGIN")
    at.sql(f"ALTER TABLE {at.table} OWNER TO {made.owner}")
    at.sql(f"ALTER TABLE {at.other} OWNER TO {made.owner}")
    protect(at, at.other, made.visitor, "name = current_setting('app.who', true)")
    at.connect(made.door, application="api", autocommit=True).execute("SELECT 1")
    return made


def protect(at: Place, table: str, visitor: str, condition: str, command: str = "ALL") -> None:
    """Row security with a policy."""
    at.sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    at.sql(f"CREATE POLICY own_{at.rng.randrange(100)} ON {table} FOR {command} TO {visitor} USING ({condition})")
    at.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {visitor}")
