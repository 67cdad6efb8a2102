"""An end to waiting for a server that answers nothing at all, not even that the time is over."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg


@contextmanager
def bounded(conn: psycopg.Connection[Any], seconds: float) -> Iterator[None]:
    """After that time the connection is cut off, and whoever waits for it is told that it is lost."""
    if conn.closed:
        yield
        return
    with socket.socket(fileno=os.dup(conn.fileno())) as same:

        def cut() -> None:
            with suppress(OSError):
                same.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
