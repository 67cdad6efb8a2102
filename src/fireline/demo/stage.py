"""Everything the demo starts, in one place, so that all of it is stopped again: each by its own handle, none by name."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import Any

from fireline.demo import home
from fireline.demo.home import Home
from fireline.demo.person import Person
from fireline.demo.school import School
from fireline.demo.sink import Sink
from fireline.demo.traffic import Traffic
from fireline.demo.trouble import Trouble


class Stage:
    """The school and its traffic, the trouble, Fireline, the phone and the person; `clear` ends them all."""

    def __init__(self) -> None:
        self.folder = home.make_folder()
        self.school = School(self.folder / "school")
        self.traffic = Traffic(self.school)
        self.trouble = Trouble(self.school)
        self.home = Home(self.folder)
        self.sink = Sink()
        self.person: Person | None = None

    def clear(self, *, keep: bool = False) -> None:
        """Stop everything, whatever has begun; the folder goes too unless it is to be kept."""
        with contextlib.ExitStack() as last:
            last.callback(self.home.keep if keep else self.home.remove)
            last.callback(self.school.remove)
            last.callback(self.sink.stop)
            last.callback(self.home.down)
            last.callback(self.trouble.end)
            last.callback(self.traffic.stop)
            if self.person is not None:
                last.callback(self.person.close)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Let a polite request to end (SIGTERM, a closed terminal) do what Ctrl-C does, for as long as the block lasts."""

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    before: dict[int, Any] = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let nothing interrupt the clearing up: what is left behind would have to be found by hand."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before: dict[int, Any] = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
