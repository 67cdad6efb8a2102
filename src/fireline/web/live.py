"""Telling open pages that something changed: one connection that listens to the store, many that wait here.

An event says only that an incident changed; the page asks for what it may see. Nothing is kept: who connects is told
at once to look, so a lost notification costs at most the page's own polling.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator

import psycopg

from fireline.store.connect import arguments

CHANNEL = "fireline_page"
_QUIET = 15.0  # seconds between signs of life, so that proxies and browsers keep the stream
_LONGEST = 600.0  # seconds; then the browser connects anew, logged in or not
_RETRY = (0.2, 0.5, 1.0, 2.0, 5.0)


class Hub:
    """Everyone who watches, by the id of the incident (or of the run, where there is no incident)."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._watching: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._closed = False

    async def listen(self) -> None:
        """Listen until cancelled, connecting again when the store goes away."""
        failures = 0
        while not self._closed:
            try:
                async with await self._connect() as conn:
                    failures = 0
                    self._tell_everybody()  # whatever was missed meanwhile
                    async for notice in conn.notifies():
                        self.tell(notice.payload)
            except psycopg.Error:
                pass
            await asyncio.sleep(_RETRY[min(failures, len(_RETRY) - 1)])
            failures += 1

    async def _connect(self) -> psycopg.AsyncConnection[tuple[object, ...]]:
        conn = await psycopg.AsyncConnection.connect(self._url, autocommit=True, **arguments("fireline-page"))
        await conn.execute(f"LISTEN {CHANNEL}")
        return conn

    def tell(self, key: str) -> None:
        """Wake those who watch this incident."""
        for event in self._watching.get(key, ()):
            event.set()

    def _tell_everybody(self) -> None:
        for key in list(self._watching):
            self.tell(key)

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        self._closed = True
        self._tell_everybody()

    def closed(self) -> bool:
        """Whether the server is about to stop."""
        return self._closed

    @property
    def watchers(self) -> int:
        """How many streams are open."""
        return sum(len(events) for events in self._watching.values())

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """Server-sent events for one page: `changed` now and at every change, a comment when nothing happens."""
        event = asyncio.Event()
        self._watching[key].add(event)
        ends = asyncio.get_running_loop().time() + _LONGEST
        try:
            yield b"retry: 1000\nevent: changed\ndata: now\n\n"
            while not self.closed() and asyncio.get_running_loop().time() < ends:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), _QUIET)
                if self.closed():
                    return
                yield b"event: changed\ndata: now\n\n" if event.is_set() else b": quiet\n\n"
                event.clear()
        finally:
            self._watching[key].discard(event)
            if not self._watching[key]:
                del self._watching[key]
