"""Search paths that lead past the tables."""

from __future__ import annotations

from fireline.assess.causes.search_path_override import judge, path
from fireline.assess.checks.meant import Meant, Thing
from fireline.assess.checks.schemas import Schemas
from fireline.assess.checks.tables import Table
from fireline.assess.origin import Origin
from tests.assess.given import look, settings, tables
from tests.assess.refusals import facts, the

MISSED = 'ERROR:  relation "users" does not exist'
USERS = Meant((Thing(1, "public", "users", "r", "owner", 12),))
SCHEMAS = Schemas({"public": {"owner": 9}, "tenant": {}})


def test_a_path_past_the_table_is_named_and_taken_back() -> None:
    given = settings((None, "web", "search_path", '"tenant", other'))
    found = the(judge(look(MISSED, settings=given, schemas=SCHEMAS, meant=USERS)))
    assert found.severity == "critical"
    assert "public.users exists" in facts(found)
    assert found.remedy.sql == ("ALTER ROLE web RESET search_path",)
    assert found.remedy.undo == ('ALTER ROLE web SET search_path = "tenant", other',)
    assert {"mass_delete", "rls_enabled_no_policy", "unlogged_table_reset"} == {one.cause for one in found.rejected}


def test_a_path_that_has_the_table_and_a_table_that_is_nowhere_are_silent() -> None:
    for value, meant in (("tenant, public", USERS), ('"$user", public', USERS)):
        assert (
            judge(look(MISSED, settings=settings((None, "web", "search_path", value)), schemas=SCHEMAS, meant=meant))
            == ()
        )
    nowhere = look(
        'relation "app.users" does not exist',
        settings=settings((None, "web", "search_path", "public")),
        schemas=SCHEMAS,
        meant=Meant(),
    )
    assert judge(nowhere) == ()


def test_an_empty_table_before_a_filled_one_of_the_same_name_explains_lost_data() -> None:
    both = tables(Table(1, "tenant", "orders"), Table(2, "public", "orders", live=500, tuples=500))
    given = settings((None, "web", "search_path", "tenant, public"))
    found = the(
        judge(
            look(
                "all orders are gone",
                settings=given,
                schemas=Schemas({"tenant": {"o": 1}, "public": {"o": 1}}),
                tables=both,
            )
        )
    )
    assert "public.orders has about 500 rows" in facts(found)


def test_nobody_complaining_only_a_path_to_nothing_is_named_for_who_works_here() -> None:
    to_nothing = settings((None, "owner", "search_path", "tenant"))
    assert the(judge(look(settings=to_nothing, schemas=SCHEMAS))).severity == "medium"
    stranger = settings((None, "other_app", "search_path", "tenant"))
    assert judge(look(settings=stranger, schemas=SCHEMAS)) == ()


def test_an_empty_path_is_caution_and_one_with_tables_is_sane() -> None:
    for value in ('""', "public, extensions", "pg_catalog"):
        assert judge(look(settings=settings(("shop", None, "search_path", value)), schemas=SCHEMAS)) == ()


def test_a_path_is_read_as_the_server_reads_it() -> None:
    assert path(Origin("search_path", '"$user", "Odd, name", Public, pg_catalog', role="web")) == (
        "web",
        "Odd, name",
        "public",
    )
