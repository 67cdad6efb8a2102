from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.assess.views.looking import seen


def test_who_holds_it_back_is_named(target: Target, faults: Faults) -> None:
    pid = faults.idle("reporting", "UPDATE orders SET n = 1 WHERE id = 1")
    found = seen(target, "horizon")
    assert str(pid) in [row["name"] for row in found.tables["Holders"] if row["kind"] == "session"]
    assert found.tables["Frozen longest ago"]
