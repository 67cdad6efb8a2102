from fireline.postgres.connect import Target
from tests.assess.views.looking import seen


def test_the_database_looked_at_comes_first(target: Target) -> None:
    found = seen(target, "databases")
    first = found.tables["Databases"][0]
    assert first["database"] == target.dsn.reveal().rsplit("/", 1)[-1].split("?")[0]
    assert first["sessions"] >= 1
    assert first["cache_share"] is None or 0 < first["cache_share"] <= 1
