"""A process that swaps, or undoes a swap, and is killed at the stages it is told; one fork for each, so that it is quick.

Reads lines of JSON: {"stage", "way": "there" or "back", "captured"}; answers each with a line: the signal it died of.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import timedelta

from fireline.postgres.connect import Target
from fireline.recovery.swapping import swap
from fireline.redact import Secret
from fireline.settings import PgBouncerSettings
from fireline.store.connect import Store


def die(store_url: str, dsn: str, console: list[str], order: dict[str, object]) -> None:
    """Swap until the stage, and be gone."""

    def stage(name: str) -> None:
        if name == order["stage"]:
            os.kill(os.getpid(), signal.SIGKILL)

    pooler = PgBouncerSettings(dsn=Secret(console[0])) if console else None
    store, target = Store(store_url, pool_size=1), Target("main", Secret(dsn), pgbouncer=pooler)
    captured = order["captured"]
    assert isinstance(captured, dict)
    if order["way"] == "there":
        swap.there(store, target, captured, keep=timedelta(days=1), by="ada", stage=stage)
    else:
        swap.back(store, target, captured, by="ada", stage=stage)


def main() -> None:
    """Die again and again."""
    store_url, dsn, *console = sys.argv[1:]
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            die(store_url, dsn, console, json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}", flush=True)


if __name__ == "__main__":
    main()
