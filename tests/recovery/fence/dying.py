"""A process that raises or lifts a fence and kills itself at the Nth thing it writes down: `dying.py STORE DSN LEVEL N WHAT WHEN`."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from itertools import count
from typing import Any

from fireline import clock
from fireline.postgres.connect import Target
from fireline.recovery.fence import fence as fences
from fireline.recovery.fence import rows
from fireline.redact import Secret
from fireline.store.connect import Store

DONE = 7  # the exit code of one that came to its end


def main(store_url: str, dsn: str, level: Any, last: int, what: str, when: str) -> int:
    store, target = Store(store_url, application="dying", pool_size=2), Target("main", Secret(dsn))
    numbers, real = count(1), rows.mark

    def mark(*arguments: Any, **more: Any) -> Any:
        fatal = next(numbers) == last
        if fatal and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        found = real(*arguments, **more)
        if fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    rows.mark = mark
    if what == "raise":
        fences.raise_(store, target, level, expires_at=clock.now() + timedelta(minutes=30), reason="a test", by="ada")
    else:
        with store.transaction() as conn:
            fence = fences.standing(conn, "main")
        assert fence is not None
        fences.lift(store, target, fence, "ada")
    return DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5], sys.argv[6]))
