"""Schemas that are shut around tables that are not."""

from __future__ import annotations

from typing import Any

from fireline.assess.causes.schema_usage_missing import judge
from fireline.assess.checks.grants import Alike, Grants
from fireline.assess.checks.meant import Meant, Thing
from fireline.assess.checks.policies import Policies, Role, Schema
from tests.assess.given import look
from tests.assess.refusals import facts, the

GRANTS = Grants((Alike("app", "owner", 4, 9, ("users",), {"web": frozenset({"SELECT"})}),))
DENIED = "ERROR:  permission denied for schema app"


def seen(symptom: str, *users: str, **more: Any) -> Any:
    roles = {"web": Role("web", login=True, has=("staff",)), "staff": Role("staff")}
    return look(symptom, grants=GRANTS, policies=Policies(roles, {"app": Schema("app", "owner", users)}), **more)


def test_a_role_with_tables_and_without_the_schema_is_let_in() -> None:
    found = the(judge(seen(DENIED)))
    assert found.remedy.sql == ("GRANT USAGE ON SCHEMA app TO web",)
    assert "web has privileges on 4 tables and views of app" in facts(found)
    assert "grants_lost_on_recreate" in {one.cause for one in found.rejected}


def test_a_table_that_seems_not_to_exist_is_explained_too() -> None:
    missed = Meant((Thing(1, "app", "users", "r"),))
    assert the(judge(seen('relation "users" does not exist', meant=missed))).objects == ("schema app",)


def test_a_schema_open_to_the_role_to_its_group_or_to_everybody_is_silent() -> None:
    for user in ("web", "staff", "PUBLIC"):
        assert judge(seen(DENIED, user)) == ()


def test_nobody_complaining_or_another_schema_is_silent() -> None:
    assert judge(seen("")) == ()
    assert judge(seen("permission denied for schema billing")) == ()
