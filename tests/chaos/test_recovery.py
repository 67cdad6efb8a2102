"""kill -9 at random moments of backup, restore, fence, swap and their way back: nothing acknowledged is lost, nothing half made counts."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chaos import recovering
from tests.chaos.recovering import OVER, Shop
from tests.chaos.stage import until

pytestmark = pytest.mark.chaos

MOMENTS = int(os.environ.get("FIRELINE_CHAOS_RECOVERY", "3"))
SEED = int(os.environ.get("FIRELINE_CHAOS_SEED", "0")) or random.SystemRandom().randrange(2**32)
ROWS = 60_000 if MOMENTS > 10 else 20_000
SEALED = SEED % 2 == 1  # whether backups are encrypted
LIFE = 300  # seconds of a fence
COMMANDS = ("backup", "prove-backup", "restore", "fence", "unfence", "swap", "undo", "drop-restored")
VICTIMS = ("worker",) * 4 + ("target",) * 2 + ("immediate",) * 2 + ("server", "person")
PHASE = {"backup": "contain", "prove-backup": "contain", "fence": "contain"}
EXPECTED_SECONDS = {"backup": 1.5, "prove-backup": 2.5, "restore": 1.5}
# What a short run begins with; the rest is drawn.
SURE = (("undo", "worker"), ("restore", "target"))


class Held:
    """One shop for all moments, made anew after one that failed."""

    shop: Shop | None = None

    def __init__(self) -> None:
        self._made: Any = None

    def get(self) -> Shop:
        if self.shop is None or self.shop.broken:
            self.close()
            self._made = recovering.shop(rows=ROWS, sealed=SEALED)
            self.shop = self._made.__enter__()
            self.shop.to_its_end("contain", "backup")
        self.shop.broken = True  # until this moment has ended well
        return self.shop

    def close(self) -> None:
        if self.shop is not None:
            self._made.__exit__(None, None, None)
            self.shop = None


@pytest.fixture(scope="module")
def held() -> Iterator[Held]:
    made = Held()
    yield made
    made.close()


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_killed_at_a_random_moment_of_a_recovery_nothing_is_lost_and_it_comes_to_its_end(
    held: Held, moment: int
) -> None:
    chance = random.Random(SEED + moment)
    command, victim = chance.choice(COMMANDS), chance.choice(VICTIMS)
    if MOMENTS <= 10 and moment < len(SURE):
        command, victim = SURE[moment]
    shop = held.get()
    arguments, run_before = prepared(shop, command)
    pair = arguments["restore"] if command in ("swap", "undo") else None
    share = chance.uniform(0, 1)
    print(f"\nseed {SEED} moment {moment}: {victim} dies in {command} at {share:.0%}", end="", flush=True)
    shop.is_open() if command != "unfence" else None
    live, known, began = shop.orders(), set(shop.writers.acknowledged), now(shop)
    after = shop.attempt(run_before)["id"] if run_before else 0
    seconds = share * shop.took.get(command, EXPECTED_SECONDS.get(command, 0.5))
    phase = PHASE.get(command, "resolve")
    if victim == "person":
        run = run_before or shop.say_and_die(seconds, phase, command, **arguments)
    else:
        run = run_before or shop.begin(phase, command, **arguments)
    if run_before:
        shop.begin_undo(run)
    if victim != "person":
        time.sleep(seconds)
        shop.kill(victim, chance)
    done = shop.end(run, after=after)
    print(f": {done['state']}", end="", flush=True)
    if victim in ("server", "person"):
        assert done["state"] == "succeeded", shop.told(run)
    tells_the_truth(shop, command, run, done, began)
    put_away(shop, run)
    opened(shop, command, chance)
    shop.is_open()
    everything_acknowledged_is_there(shop, live, known, pair)
    shop.listed_backups_are_whole()
    again(shop, command, run, done, arguments)
    shop.is_open()
    everything_acknowledged_is_there(shop, live, known, pair)
    shop.nothing_is_left()
    shop.listed_backups_are_whole()
    shop.broken = False


def now(shop: Shop) -> Any:
    return shop.stage.rows("SELECT clock_timestamp() AS at")[0]["at"].timestamp() + float(shop.clock.read_text())


def newest(shop: Shop, *states: str) -> dict[str, Any] | None:
    return next((row for row in shop.restores() if row["state"] in states), None)


def prepared(shop: Shop, command: str) -> tuple[dict[str, Any], int | None]:
    """What the command is told, and the run whose way back it is; what it needs is made before."""
    if command in ("backup", "fence"):
        return ({} if command == "backup" else {"for_": f"{LIFE}s"}), None
    if command in ("prove-backup", "restore"):
        return {"backup": "latest"}, None
    if command == "unfence":
        shop.to_its_end("contain", "fence", for_=f"{LIFE}s")
        return {}, None
    if newest(shop, "passed") is None:
        shop.to_its_end("resolve", "restore", backup="latest")
    ready = newest(shop, "passed")
    assert ready is not None
    if command == "undo":
        return {"restore": str(ready["id"])}, shop.to_its_end("resolve", "swap", restore=str(ready["id"]))["run"]
    return {"restore": str(ready["id"])}, None


def tells_the_truth(shop: Shop, command: str, run: int, done: dict[str, Any], began: float) -> None:
    """How it is said to have ended is what happened; of what is unknown the look at it says so."""
    assert done["state"] in ("succeeded", "failed", "unknown", "waiting"), shop.told(run)
    if command == "undo":
        return
    true = happened(shop, command, began)
    said = {"succeeded": True, "failed": False}.get(done["state"])
    if done["state"] == "unknown":
        said = (done["outcome"] or {}).get("verify", {}).get("ok")
    if said is not None and done["level"] != "read":
        assert said is true, f"it is {true} that {command} happened: {shop.told(run)}"


def happened(shop: Shop, command: str, began: float) -> bool:
    if command == "backup":
        rows = shop.stage.rows("SELECT snapshot_at FROM backup WHERE state = 'whole' AND verified_at IS NOT NULL")
        return any(row["snapshot_at"].timestamp() >= began for row in rows)
    if command == "restore":
        row = shop.restores()[0]
        return row["begun_at"].timestamp() >= began and row["state"] == "passed" and row["beside"] in shop.databases()
    if command in ("fence", "unfence"):
        up = bool(shop.stage.rows("SELECT 1 AS yes FROM fence WHERE state = 'up' AND NOT passing"))
        left = bool(shop.stage.rows("SELECT 1 AS yes FROM fence WHERE state <> 'lifted' AND NOT passing"))
        return up if command == "fence" else not left
    if command == "swap":
        until(lambda: newest(shop, "swapping") is None, "the swap is settled")
        return newest(shop, "swapped") is not None
    if command == "drop-restored":
        return shop.databases() == set()
    return False


def put_away(shop: Shop, run: int) -> None:
    """A person has judged a step whose end is not known."""
    if shop.stage.states(run)[0] not in OVER or shop.stage.states(run)[0] in ("failed", "unknown"):
        shop.stage.say("run.skip", run=run, step=1, reason="judged")


def opened(shop: Shop, command: str, chance: random.Random) -> None:
    """A fence that stands falls at its deadline, or is lifted by somebody."""
    if command not in ("fence", "unfence"):
        return
    stands = shop.stage.rows("SELECT id FROM fence WHERE state <> 'lifted' AND NOT passing")
    if stands and chance.random() < 0.5:
        print(", falls", end="")
        shop.move(LIFE + 1)
    elif stands:
        print(", is lifted", end="")
        shop.to_its_end("resolve", "unfence")


def everything_acknowledged_is_there(shop: Shop, live: set[int], known: set[int], restore: str | None) -> None:
    """What was in the database in use, or was acknowledged since, is in it, or in the one that a swap put beside."""
    acknowledged = set(shop.writers.acknowledged)
    found = shop.orders()
    until(lambda: all(row["state"] != "swapping" for row in shop.restores()), "what nobody ended is settled")
    for row in shop.restores():
        if restore is not None and row["id"] == int(restore):  # it is swapped in, or was for a moment
            found |= shop.orders(row["kept"] if row["state"] == "swapped" else row["beside"])
    assert live <= found, f"{len(live - found)} orders are lost"
    assert acknowledged - known <= found, f"{len(acknowledged - known - found)} acknowledged orders are lost"


def again(shop: Shop, command: str, run: int, done: dict[str, Any], arguments: dict[str, Any]) -> None:
    """The same once more comes to its end, and then its way back."""
    swapped = newest(shop, "swapped")
    if command in ("backup", "prove-backup"):
        shop.to_its_end("contain", command, **arguments)
    elif command == "restore":
        shop.to_its_end("resolve", command, **arguments)
        while (ready := newest(shop, "passed")) is not None and len(shop.databases()) > 1:
            shop.to_its_end("resolve", "drop-restored", restore=str(ready["id"]))
    elif command in ("fence", "unfence"):
        shop.to_its_end("contain", "fence", for_=f"{LIFE}s")
        shop.to_its_end("resolve", "unfence")
    elif command == "swap":
        if swapped is None:
            run = shop.to_its_end("resolve", "swap", **arguments)["run"]
        back(shop, run)
    elif command == "undo":
        if swapped is not None:
            back(shop, run)
    elif newest(shop, "passed") is not None:
        shop.to_its_end("resolve", "drop-restored", **arguments)


def back(shop: Shop, run: int) -> None:
    """A swap is undone."""
    done = shop.undo(run)
    assert done["state"] == "succeeded", shop.told(run)
    assert newest(shop, "swapped") is None
