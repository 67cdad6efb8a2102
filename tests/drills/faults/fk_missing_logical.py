"""Two tables belong together by name alone. Without a complaint an undeclared key is no fault, so a silent look says nothing."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(300, 2000))
    one, many, column = at.rng.choice(
        (("customers", "purchases", "customer_id"), ("team", "members", "team_id"), ("Company", "Contact", "companyId"), ("cities", "streets", "city_id"))
    )  # fmt: skip
    kind = at.rng.choice(("bigint", "int", "uuid"))
    value = "md5({}::text)::uuid" if kind == "uuid" else "{}"
    rows, lost = at.rng.randrange(100, 3000), at.rng.randrange(1, 9)
    at.sql(f'CREATE TABLE "{one}" (id {kind} PRIMARY KEY, name text)')
    at.sql(f'CREATE TABLE "{many}" (id bigint PRIMARY KEY, "{column}" {kind}, note text)')
    at.sql(f'INSERT INTO "{one}" SELECT {value.format("i")}, i::text FROM generate_series(1, {rows // 5}) i')
    at.sql(
        f'INSERT INTO "{many}" SELECT i, {value.format(f"(1 + i % {rows // 5})")}, i::text FROM generate_series(1, {rows}) i'
    )
    at.sql(f'DELETE FROM "{one}" WHERE name::int <= {max(1, min(lost, rows // 5 // 30))}')
    return Wound(
        (
            f"orphaned rows: {many} without {one}",
            f"the app crashes on some {many}: their parent does not exist",
            f"{many} refer to missing {one}",
        )
    )


# The role of pg_monitor may not read the tables, and no catalog tells.
fault = Fault("fk_missing_logical", inject, limited=False, silent=False)
