"""Read a script for psql as psql would, piece by piece: what it would do beyond its database, and whether it is whole."""

from __future__ import annotations

import re

from fireline.errors import Refused
from fireline.recovery.archive import tokens
from fireline.recovery.archive.verdicts import Contents, copied_table, fault, note

_MOST = 1 << 30  # bytes of one statement: a server takes no longer one
_SHOWN = 80
_TAIL = 4  # bytes of rows that could be the begin of their end
_BETWEEN = re.compile(rb"(?:\s++|--[^\n]*+\n)*+")
_NOTE = re.compile(rb"^-- PostgreSQL database (cluster )?dump( complete)?\r?$", re.M)
_END_OF_ROWS = re.compile(rb"\n\\\.\r?\n")
_REST_OF_LINE = re.compile(rb"[ \t\r]*(?=\n)")
_RESTRICT = re.compile(rb"\\(un)?restrict ([A-Za-z0-9]+)[ \t\r]*\Z")
_CONNECT = re.compile(rb"\\c(onnect)?\b")
_PROGRAM = re.compile(rb"\\(!|copy\b.*\bprogram\b|[gow].*\||.*`)", re.S | re.I)


class Script:
    """Fed with the bytes of a script in order; raises Refused, naming the line, at the first thing that must not be."""

    def __init__(self, *, foreign: bool = False) -> None:
        self.contents = Contents()
        self._foreign = foreign  # made by hand: it has no last line that could be missing
        self._buffer = bytearray()
        self._wanted = 0  # bytes that must be there before it is worth looking again
        self._lines = 1  # the line that the buffer begins in
        self._table: str | None = None  # whose rows are being read
        self._token: bytes | None = None  # of a \restrict that is still to be taken back
        self._unrestricted = False  # whether one was taken back, so that nothing may follow
        self._complete = foreign
        self._final = False  # whether everything is here

    @property
    def restricts_itself(self) -> bool:
        """Whether it told psql to take no commands from it; a short one has taken that back by now."""
        return self.restricted or self._unrestricted

    @property
    def restricted(self) -> bool:
        """Whether the script itself has told psql to take no commands from it."""
        return self._token is not None

    def feed(self, data: bytes) -> int:
        """The next bytes; how many of all that were fed, and not yet let through, may go to psql now."""
        self._buffer += data
        return self._turn() if len(self._buffer) >= self._wanted else 0

    def finish(self) -> Contents:
        """There are no more. Raises Refused when it is cut."""
        self._buffer += b"\n"
        self._final = True
        self._turn()
        if self._table is not None:
            raise self._refused(0, f"it is cut in the middle of the rows of {self._table}")
        if self._buffer:
            raise self._refused(0, "it is cut in the middle of a statement that begins here")
        if not self._complete:
            raise self._refused(0, "it is cut: the last line that pg_dump writes is missing")
        if self._token is not None:
            raise self._refused(0, "it is cut: what \\restrict began is not ended")
        return self.contents

    def _turn(self) -> int:
        """Take off the buffer what is complete in it; how much that was."""
        position, length = 0, len(self._buffer)
        while position < length:
            after = self._rows(position) if self._table is not None else self._statement(position)
            if after < 0:
                break
            position = after
        if self._table is not None:
            line = self._buffer.rfind(b"\n", max(position, length - _TAIL))
            position = line if line >= 0 else length
        self._lines += self._buffer.count(b"\n", 0, position)
        del self._buffer[:position]
        self._wanted = 0 if self._table is not None else 2 * len(self._buffer)
        if len(self._buffer) > _MOST:
            raise self._refused(0, "the statement that begins here has no end")
        return position

    def _rows(self, position: int) -> int:
        """Behind the mark that ends the rows, or -1."""
        found = _END_OF_ROWS.search(self._buffer, position)
        if not found:
            return -1
        self._table = None
        return found.end() - 1

    def _statement(self, position: int) -> int:
        """Behind the next statement, or only behind the notes before it; -1 when neither is all here."""
        buffer = self._buffer
        between = _BETWEEN.match(buffer, position)
        assert between is not None
        begin = between.end()
        if begin > position:
            if b"-- PostgreSQL database " in (notes := bytes(buffer[position:begin])):
                self._noted(notes, position)
            return begin
        if buffer.startswith(b"\\", begin):
            end = buffer.find(b"\n", begin)
            return -1 if end < 0 else self._command(begin, end)
        if self._foreign or not self._complete:
            after = begin if self._unrestricted else tokens.inserts(buffer, begin)
            if after > begin:
                self.contents.inserts = True
                return after
        try:
            end, text = tokens.statement(buffer, begin, final=self._final)
        except tokens.Fault as found:
            raise self._refused(found.at, f"{found.why}: {_short(buffer[found.at :])}") from None
        return -1 if end < 0 else self._judged(begin, end, text)

    def _judged(self, begin: int, end: int, text: bytes) -> int:
        """Behind a statement that is let through; -1 when the rest of its line is not here yet."""
        if (self._complete and not self._foreign) or self._unrestricted:
            raise self._refused(begin, f"something stands behind its end: {_short(text)}")
        table = copied_table(text)
        if table is not None:
            rest = _REST_OF_LINE.match(self._buffer, end)
            if rest is None:
                if self._buffer[end:].strip(b" \t\r"):
                    raise self._refused(begin, f"something stands behind COPY on its line: {_short(text)}")
                return -1
            self._table, end = table, rest.end()
            self.contents.tables.append(table)
        elif why := fault(text):
            raise self._refused(begin, f"{why}: {_short(text)}")
        note(text, self.contents)
        return end

    @property
    def _has_statements(self) -> bool:
        return bool(self.contents.statements or self.contents.inserts)

    def _command(self, begin: int, end: int) -> int:
        """A command of psql itself: only the two that pg_dump writes are let through."""
        line = bytes(self._buffer[begin:end])
        if found := _RESTRICT.match(line):
            undone = found[1] is not None
            late = not undone and not self._unrestricted and self._has_statements
            if undone != self.restricted or (undone and found[2] != self._token) or late:
                raise self._refused(begin, f"a command that does not fit: {_short(line)}")
            self._token, self._unrestricted = (None, True) if undone else (found[2], False)
            return end
        if _CONNECT.match(line):
            why = "it leaves the database that is restored into"
        else:
            why = "it runs a program" if _PROGRAM.match(line) else "it is a command to psql"
        raise self._refused(begin, f"{why}: {_short(line)}")

    def _noted(self, notes: bytes, position: int) -> None:
        """Notes between statements: where a dump begins and where it is complete."""
        for found in _NOTE.finditer(notes):
            if found[1]:
                raise self._refused(position + found.start(), "it is a dump of a whole server by pg_dumpall")
            self._complete = bool(found[2]) or self._foreign

    def _refused(self, at: int, why: str) -> Refused:
        line = self._lines + self._buffer.count(b"\n", 0, at)
        return Refused(f"line {line}: {why}")


def _short(text: bytes | bytearray) -> str:
    """The first line of something, not too much of it."""
    line = bytes(text[:400]).decode(errors="replace").strip().partition("\n")[0].rstrip()
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
