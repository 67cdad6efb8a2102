"""How the demo speaks in a terminal: numbered chapters, short facts, one question. Silent when only the report is wanted."""

from __future__ import annotations

import re
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.padding import Padding
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fireline.errors import FirelineError, Usage

EMBER = "bold dark_orange"  # you are wanted here
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_INDENT, _LABEL = 4, 10


class Voice:
    """Speaks on standard output, unless `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        wide = None if sys.stdout.isatty() else 110
        self._console = Console(width=wide, highlight=False, markup=False, emoji=False, quiet=quiet)
        self.quiet = quiet
        self._chapter = 0

    @property
    def interactive(self) -> bool:
        """Whether a person is there who can be asked."""
        return not self.quiet and sys.stdin.isatty()

    def chapter(self, title: str) -> None:
        """Begin the next chapter."""
        self._chapter += 1
        self._console.print()
        self._console.print(Text(f"{self._chapter:>2}  {title}", style="bold"))

    def say(self, text: str, style: str = "") -> None:
        """One paragraph."""
        self._console.print(Padding(Text(_clean(text), style=style), (0, 0, 0, _INDENT), expand=False))

    def fact(self, label: str, text: str, style: str = "") -> None:
        """A short label and what there is to say of it."""
        line = Table.grid(padding=(0, 1, 0, 0))
        line.add_column(width=_LABEL, style="dim")
        line.add_column(overflow="fold")
        line.add_row(label, Text(_clean(text), style=style))
        self._console.print(Padding(line, (0, 0, 0, _INDENT), expand=False))

    def block(self, lines: list[str], style: str = "") -> None:
        """Lines as they are, each cut to the terminal's width: a command, a tree of sessions."""
        for line in lines:
            text = Text(_clean(line), style=style)
            text.truncate(max(self._console.width - _INDENT - 2, 40), overflow="ellipsis")
            self._console.print(Padding(text, (0, 0, 0, _INDENT + 2), expand=False))

    def gap(self) -> None:
        """An empty line."""
        self._console.print()

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show what is waited for and since when, for as long as the block lasts."""
        if self.quiet or not self._console.is_terminal:
            yield
            return
        columns = (TextColumn("    {task.description}", style="dim", markup=False), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as progress:
            progress.add_task(what, total=None)
            yield

    def ask(self, question: str, meanwhile: Callable[[], bool]) -> bool:
        """Yes or no, from the person here; yes too when `meanwhile` says that it was answered elsewhere."""
        if not self.interactive:
            raise Usage("nobody is here to answer", hint="Say --yes, and the demo approves by itself.")
        while True:
            self._console.print(Padding(Text(f"{question} [y/n] ", style=EMBER), (0, 0, 0, _INDENT)), end="")
            while not select.select([sys.stdin], [], [], 0.5)[0]:
                if _true(meanwhile):
                    self._console.print()
                    self.say("Answered in the browser.")
                    return True
            line = sys.stdin.readline()
            said = line.strip().casefold()
            if said in ("y", "yes"):
                return True
            if not line or said in ("n", "no"):
                return False

    def rest(self) -> None:
        """Wait until somebody says stop."""
        while True:
            time.sleep(3600)


def _clean(text: str) -> str:
    """What came from elsewhere can not steer the terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _true(question: Callable[[], bool]) -> bool:
    """Whether it is so; a server that does not answer this moment has not answered yes."""
    try:
        return question()
    except FirelineError:
        return False


def span(seconds: float | None) -> str:
    """A length of time for people: `12 ms`, `2.4 s`."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
