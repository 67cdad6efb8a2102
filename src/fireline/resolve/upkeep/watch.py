"""Watches the server while one of our statements runs, and stops it as soon as it stands in anybody's way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from fireline.postgres.cancel import Cancel
from fireline.postgres.connect import Connection
from fireline.resolve.upkeep.item import size
from fireline.resolve.upkeep.reading import Q

LOOK_SECONDS = 0.2
CROWD = 5  # sessions that wait for locks beyond those that waited before
LOOKS = 3  # in a row, before a crowd counts: a busy server has waits that last for moments


class Watch:
    """Looks again and again through a connection of its own; `reason` is set once, and then nothing goes on."""

    def __init__(self, eyes: Connection, worker: Connection, most_lag: int) -> None:
        self.reason: str | None = None
        self.most_behind = 0
        self._eyes, self._worker, self._most_lag = eyes, worker, most_lag
        self._statement = Cancel()
        self._crowded = self._blocking = 0
        self._at_first = self._pulse()

    def check(self) -> None:
        """Look once, before the next statement."""
        self._crowded = 0
        self._judge(self._pulse())

    @contextmanager
    def over(self) -> Iterator[None]:
        """Look all the while a statement runs on the worker's connection, and cancel it when it must not go on."""
        ended = threading.Event()
        thread = threading.Thread(target=self._keep, args=(ended,), name="upkeep-watch", daemon=True)
        with self._statement.over(self._worker):
            thread.start()
            try:
                yield
            finally:
                ended.set()
                thread.join()

    def _keep(self, ended: threading.Event) -> None:
        while not ended.wait(LOOK_SECONDS):
            try:
                self._judge(self._pulse())
            except psycopg.Error as blind:
                self.reason = f"the server could not be watched any more: {str(blind).strip().splitlines()[0]}"
            if self.reason:
                self._statement.cancel()
                return

    def _pulse(self) -> dict[str, Any]:
        row = self._eyes.execute(Q["pulse"], {"pid": self._worker.info.backend_pid}).fetchone()
        assert row is not None
        return row

    def _judge(self, pulse: dict[str, Any]) -> None:
        """Two looks at which somebody waits for us are enough; what waits behind that one is everybody."""
        self._blocking = self._blocking + 1 if pulse["behind"] else 0
        self._crowded = self._crowded + 1 if pulse["waiting"] > self._at_first["waiting"] + CROWD else 0
        self.most_behind = max(self.most_behind, pulse["behind"])
        lag, before = pulse["lag"] or 0, self._at_first["lag"] or 0
        if self._blocking > 1:
            self.reason = f"{pulse['behind']} {'session waits' if pulse['behind'] == 1 else 'sessions wait'} for it"
        elif self._crowded >= LOOKS:
            self.reason = f"lock waits rise: {pulse['waiting']}, {self._at_first['waiting']} before"
        elif lag > self._most_lag and lag >= before:
            self.reason = f"a standby is {size(lag)} behind"
