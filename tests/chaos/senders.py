"""A sender of many alerts a second over kept connections, which sends again whatever was not acknowledged."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

GIVE_UP = 60.0  # seconds for one alert


class Storm(threading.Thread):
    """`total` alerts, each with a number of its own; `acknowledged` holds the numbers that were."""

    def __init__(
        self, url: Callable[[], str], total: int, *, keys: int, rate: float = 0, connections: int = 32, batch: int = 1
    ) -> None:
        super().__init__(daemon=True)
        self.url, self.total, self.keys, self.rate = url, total, keys, rate
        self.connections, self.batch = connections, batch
        self.acknowledged: set[int] = set()
        self.answers: dict[int, int] = {}
        self.slowest = 0.0
        self.seconds = 0.0

    def run(self) -> None:
        """Send them all."""
        asyncio.run(self._send())

    async def _send(self) -> None:
        began = time.monotonic()
        numbers = iter(range(0, self.total, self.batch))

        async def one_connection() -> None:
            line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
            for first in numbers:
                if self.rate:
                    await asyncio.sleep(max(0.0, began + first / self.rate - time.monotonic()))
                sent = time.monotonic()
                while time.monotonic() - sent < GIVE_UP:
                    try:
                        line = line or await self._connect()
                        status = await asyncio.wait_for(self._post(*line, first), 10)
                    except (OSError, EOFError, TimeoutError, ValueError):
                        if line:
                            line[1].close()
                        line, status = None, 0
                    self.answers[status] = self.answers.get(status, 0) + 1
                    if status == 202:
                        self.acknowledged.update(range(first, min(first + self.batch, self.total)))
                        break
                    await asyncio.sleep(0.1)
                self.slowest = max(self.slowest, time.monotonic() - sent)
            if line:
                line[1].close()

        await asyncio.gather(*(one_connection() for _ in range(self.connections)))
        self.seconds = time.monotonic() - began

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        place = urlsplit(self.url())
        return await asyncio.open_connection(place.hostname, place.port)

    async def _post(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: int) -> int:
        many = [self._alert(number) for number in range(first, min(first + self.batch, self.total))]
        body = json.dumps(many if self.batch > 1 else many[0]).encode()
        head = f"POST /in/generic?token=a-token-of-the-test HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        await reader.readexactly(length)
        return int(answer[9:12])

    def _alert(self, number: int) -> dict[str, object]:
        key = f"key-{number % self.keys}"
        return {"title": f"alert {key}", "dedup": key, "number": number}
