"""`fireline restore diff` before and after the swap, and `fireline resolve rescue` carried out by a worker."""

from __future__ import annotations

from fireline.postgres.connect import Target
from fireline.store.connect import Store
from tests.cli.conftest import Fireline
from tests.recovery.twins import twins


def test_what_a_swap_would_lose_is_told_and_rescued_afterwards(
    house: Fireline, store: Store, worker: int, patient: Target
) -> None:
    with twins(patient) as pair:
        pair.sql("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1)")
        pair.part()
        pair.sql("INSERT INTO users VALUES (2); DELETE FROM users WHERE id = 1")
        beside = pair.row(store, "passed")
        done = house("restore", "diff", str(beside))
        assert done.code == 0, done.err
        assert "WOULD BE LOST\n  public.users: 1 row made since. Such as 2." in done.out
        assert "1 user deleted since can come in again" in done.out
        pair.row(store, "swapped")
        pair.sql(f"ALTER DATABASE {pair.live} WITH ALLOW_CONNECTIONS false CONNECTION LIMIT 0", database="postgres")
        pair.sql(f"COMMENT ON DATABASE {pair.live} IS 'fireline kept x: it was replaced'", database="postgres")
        found = house.data("restore", "diff", "latest")
        assert found["swapped"] is True
        assert [one["missing"] for one in found["lost"]] == [1]
        rescued = house("resolve", "rescue", "latest", "--yes")
        assert rescued.code == 0, rescued.out + rescued.err
        assert "1 rows copied into" in rescued.out
        assert pair.sql("SELECT id FROM users ORDER BY 1", database=pair.side) == [{"id": 1}, {"id": 2}]
        again = house("resolve", "rescue", "latest", "--plan")
        assert again.code == 1
        assert "has no row to copy" in again.err
        failed = pair.row(store, "failed")
        assert "there is nothing to compare" in house("restore", "diff", str(failed)).err
