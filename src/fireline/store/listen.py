"""Listens to a channel of the store for as long as a process lives, through every restart of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import psycopg

from fireline.store.connect import arguments

SIGNALS = "fireline_signals"  # there are signals that nobody has taken
_RETRY_SECONDS = 0.5


async def listen(url: str, channel: str, heard: Callable[[], object]) -> None:
    """Call `heard` at each notification, and once after each connecting, as something may have been missed before."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                url, autocommit=True, **arguments("fireline-listen")
            ) as conn:
                await conn.execute(f"LISTEN {channel}".encode())
                heard()
                async for _ in conn.notifies():
                    heard()
        except psycopg.Error:
            pass  # the store is away; whoever works on it says so
        await asyncio.sleep(_RETRY_SECONDS)
