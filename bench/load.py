"""A load over loopback: a fixed number of requests on a fixed number of kept connections, each answer waited for."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit


def body_of(first: int, batch: int, keys: int) -> bytes:
    """One alert, or a list of them, spread over so many keys."""
    told = [
        {"title": f"alert {n % keys}", "dedup": f"key-{n % keys}", "number": n} for n in range(first, first + batch)
    ]
    return json.dumps(told if batch > 1 else told[0]).encode()


async def send(
    url: str, total: int, connections: int, rate: float | None, batch: int = 1, keys: int = 100
) -> dict[str, object]:
    """Send `total` alerts; how many deliveries were turned away, in which time, and each one's latency in milliseconds.

    rate: alerts a second over all connections, or None for as many as are answered.
    """
    place = urlsplit(url)
    numbers = iter(range(0, total, batch))
    latencies: list[float] = []
    refused = 0
    began = time.perf_counter()

    async def one_connection() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        for number in numbers:
            if rate is not None:
                await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            body = body_of(number, batch, keys)
            head = f"POST {place.path}?{place.query} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            sent = time.perf_counter()
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length")
            )
            await reader.readexactly(length)
            latencies.append((time.perf_counter() - sent) * 1000)
            refused += not answer.startswith((b"HTTP/1.1 202", b"HTTP/1.1 200"))
        writer.close()

    await asyncio.gather(*(one_connection() for _ in range(connections)))
    return {"seconds": time.perf_counter() - began, "refused": refused, "latencies": latencies}


if __name__ == "__main__":
    target, count, width, pace, many, spread = sys.argv[1:7]
    print(json.dumps(asyncio.run(send(target, int(count), int(width), float(pace) or None, int(many), int(spread)))))
