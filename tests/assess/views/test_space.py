from fireline.postgres.connect import Target
from tests.assess.views.looking import seen


def test_the_room_on_this_machine_is_told(target: Target) -> None:
    found = seen(target, "space")
    places = {row["place"]: row for row in found.tables["Places"]}
    assert {"pg_default", "write-ahead log"} <= set(places)
    assert 0 < places["pg_default"]["free_bytes"] <= places["pg_default"]["total_bytes"]
