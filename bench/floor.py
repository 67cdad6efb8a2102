"""The floor of acknowledging an alert: the barest endpoint that commits a row before it answers, sharing commits."""

from __future__ import annotations

import asyncio
import json
import queue
import sys
import threading

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

Waiting = tuple[bytes, "asyncio.Future[None]", asyncio.AbstractEventLoop]
waiting: queue.SimpleQueue[Waiting] = queue.SimpleQueue()


def commit_for_ever(url: str) -> None:
    """Take all that waits, insert it, commit once, tell everybody."""
    with psycopg.connect(url) as conn:
        conn.execute(
            "CREATE TABLE IF NOT EXISTS floor (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body jsonb)"
        )
        conn.commit()
        while True:
            batch = [waiting.get()]
            while not waiting.empty() and len(batch) < 500:
                batch.append(waiting.get())
            conn.execute(
                "INSERT INTO floor (body) SELECT unnest(%s::text[])::jsonb", [[body.decode() for body, _, _ in batch]]
            )
            conn.commit()
            batch[0][2].call_soon_threadsafe(acknowledge, [committed for _, committed, _ in batch])


def acknowledge(committed: list[asyncio.Future[None]]) -> None:
    """Let every request of a batch be answered."""
    for one in committed:
        one.set_result(None)


async def accept(request: Request) -> JSONResponse:
    """Read, wait for the commit, answer."""
    body = await request.body()
    json.loads(body)
    loop = asyncio.get_running_loop()
    committed: asyncio.Future[None] = loop.create_future()
    waiting.put((body, committed, loop))
    await committed
    return JSONResponse({"status": "accepted"}, status_code=202)


if __name__ == "__main__":
    threading.Thread(target=commit_for_ever, args=(sys.argv[1],), daemon=True).start()
    app = Starlette(routes=[Route("/in/floor", accept, methods=["POST"])])
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        log_level="error",
        access_log=False,
    )
