"""`fireline swap` and `fireline resolve drop-restored`: what a person reads before a database is exchanged."""

from __future__ import annotations

from fireline.postgres.connect import Target
from fireline.store.connect import Store
from tests.cli.conftest import Fireline
from tests.recovery.scene import scene


def test_what_a_swap_would_do_is_shown_with_what_is_lost_and_the_way_back(
    house: Fireline, store: Store, patient: Target
) -> None:
    with scene(store, patient) as shop:
        (house.folder / "main.dsn").write_text(shop.target.dsn.reveal(), encoding="utf-8")
        plan = house("swap", "latest", "--plan")
        assert plan.code == 0, plan.err
        words = " ".join(plan.out.split())
        assert f"Put {shop.side}, restored from main-20261123-120000, in the place of {shop.live}" in words
        assert "what was written since is only in the kept database" in words
        assert f"bring {shop.live}_before_" in words
        assert "level destructive" in words
        assert house("resolve", "swap", str(shop.restore), "--plan").code == 0
        dropped = house("resolve", "drop-restored", "latest", "--plan")
        assert f"Drop {shop.side} (restored from" in " ".join(dropped.out.split())
        with store.transaction() as conn:
            conn.execute("UPDATE restore SET state = 'differs'")
        refused = house("swap", "latest", "--plan")
        assert refused.code == 1
        assert "is differs: it differs from its backup" in refused.err
        assert "--accept REASON" in refused.err
        assert house("swap", "latest", "--plan", "--accept", "nothing better").code == 0
        assert shop.orders() == list(range(1, 11))
