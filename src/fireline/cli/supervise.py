"""Keeps child processes alive: each in a process group of its own, started again when it dies, stopped in order."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from fireline.cli.serve import PARENT
from fireline.cli.terminal import warn
from fireline.errors import FirelineError

LONGEST_PAUSE = 30.0  # seconds between two starts of a child that keeps dying
STEADY = 60.0  # a child that lived this long is forgiven its former deaths
PATIENCE = 15.0  # seconds for a child to end in peace
LOOK_EVERY = 1.0


class Interrupts:
    """Stop signals and deaths of children, waited for instead of polled; the count of stops asked for."""

    def __init__(self) -> None:
        self.stops = 0
        self._reads, self._writes = os.pipe()
        os.set_blocking(self._writes, False)
        os.set_blocking(self._reads, False)
        signal.set_wakeup_fd(self._writes, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)

    def _stop(self, *_: object) -> None:
        self.stops += 1

    def wait(self, seconds: float) -> None:
        """Return at the next signal, or when the time is over."""
        if select.select([self._reads], [], [], max(seconds, 0))[0]:
            os.read(self._reads, 512)


@dataclass
class Child:
    """One process we keep: `arguments` is the fireline command it runs."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    next_start: float = 0.0

    def start(self) -> None:
        """Start it, in a session of its own so that Ctrl-C does not reach it before us."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fireline", *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, PARENT: str(os.getpid())},
        )

    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def keep(self) -> None:
        """Start it again when it has died and its pause is over."""
        now = time.monotonic()
        if self.alive():
            if now - self.started > STEADY:
                self.deaths = 0
            return
        if self.process is not None:
            self.deaths += 1
            pause = min(0.5 * 2 ** (self.deaths - 1), LONGEST_PAUSE)
            warn(f"the {self.name} ended with code {self.process.returncode}; it is started again in {pause:g} s")
            self.process, self.next_start = None, now + pause
        if now >= self.next_start:
            self.start()

    def signal(self, number: int) -> None:
        """Send it a signal, if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


@dataclass
class Household:
    """The children, and what else must be looked after between two looks at them."""

    children: list[Child]
    look_after: Callable[[], None]
    interrupts: Interrupts

    def live(self, ready: Callable[[], bool]) -> None:
        """Keep everything alive until somebody says stop. Before `ready` a child that dies is a failure to start."""
        if self.interrupts.stops:
            return
        started = False
        for child in self.children:
            child.start()
        while not self.interrupts.stops:
            if not started:
                self._refuse_a_failed_start()
                started = ready()
            else:
                self.look_after()
                for child in self.children:
                    child.keep()
            self.interrupts.wait(LOOK_EVERY if started else 0.05)

    def _refuse_a_failed_start(self) -> None:
        for child in self.children:
            if not child.alive() and child.process is not None and not self.interrupts.stops:
                raise FirelineError(f"the {child.name} did not start", hint="The line above tells why.")

    def stop(self) -> None:
        """Stop the children one after the other, in the order given; a second stop signal makes it quick."""
        for child in self.children:
            child.signal(signal.SIGTERM)
            end = time.monotonic() + PATIENCE
            while child.alive() and time.monotonic() < end and self.interrupts.stops <= 1:
                self.interrupts.wait(min(0.5, end - time.monotonic()))
            child.signal(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
