from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from fireline.store.connect import Store
from fireline.store.listen import SIGNALS, listen


def say(store: Store) -> None:
    with store.transaction() as conn:
        conn.execute("SELECT pg_notify(%s, '')", [SIGNALS])


async def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nothing was heard")


def test_what_is_said_is_heard_and_after_a_lost_connection_too(store: Store) -> None:
    heard: list[int] = []

    async def work() -> None:
        listening = asyncio.create_task(listen(store.url, SIGNALS, lambda: heard.append(1)))
        await until(lambda: len(heard) == 1)  # once it is connected, as something may have been missed
        await asyncio.to_thread(say, store)
        await until(lambda: len(heard) == 2)
        with store.transaction() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fireline-listen'"
            )
        await until(lambda: len(heard) == 3)
        await asyncio.to_thread(say, store)
        await until(lambda: len(heard) == 4)
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening

    asyncio.run(work())
