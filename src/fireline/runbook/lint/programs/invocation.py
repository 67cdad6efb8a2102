"""A call of a program beside what is known of it: how far its words are subcommands, and which options are nobody's."""

from __future__ import annotations

from dataclasses import dataclass

from fireline.runbook.lint.shell.call import Call, Word
from fireline.runbook.lint.world import Known, Tools

_ALWAYS = {"--help", "--version", "-h", "-?", "-V", "--"}
_LETTER = 2  # a dash and a letter


@dataclass(frozen=True)
class Invocation:
    """What one call comes to. known: of the deepest subcommand; stray: its options that are not known there."""

    known: Known
    words: tuple[str, ...] = ()  # its subcommands and arguments, as far as they count
    wrong: Word | None = None  # the word that is no subcommand
    stray: tuple[Word, ...] = ()
    unsure: str | None = None  # why not all of it could be looked into


def invocation(tools: Tools, call: Call) -> Invocation | None:
    """Hold a call against what is known of its program; None when nobody knows it."""
    known = tools.known(call.name, ())
    if known is None:
        return None
    if known.exists is None:
        return Invocation(known, unsure=f"the help of {known.label} could not be read")
    return _Reading(tools, call, known).read()


class _Reading:
    """One call, word by word."""

    def __init__(self, tools: Tools, call: Call, known: Known) -> None:
        self.tools, self.call, self.known = tools, call, known
        self.words: list[str] = []
        self.options: list[Word] = []
        self.unsure: str | None = None
        self.wrong: Word | None = None

    def read(self) -> Invocation:
        """From left to right; a value of an option is no word, and what another program is given does not count."""
        at = 0
        while at < len(self.call.words):
            word = self.call.words[at]
            at += 1
            if word.text == "--":
                break
            if _is_option(word):
                self.options.append(word)
                at += self._takes_next(word)
                if self.unsure:
                    break
            elif not self._step(word):
                break
        return Invocation(self.known, tuple(self.words), self.wrong, self._stray(), self.unsure)

    def _takes_next(self, word: Word) -> int:
        """1 when the next word is its value; before a subcommand that must be known."""
        name, equals, _ = word.text.partition("=")
        if name in self.known.flags_with_value:
            return 0 if equals else 1
        if not _long(word.text) and (last := _cluster(word.text, self.known)) is not None:
            return int(last)
        if self.known.subcommands and not self._is_known(word) and not equals:
            self.unsure = f"`{word.text}` stands before the subcommand and is not known"
        return 0

    def _step(self, word: Word) -> bool:
        """Go on with a word that is no option; False where looking ends."""
        if not self.known.subcommands:
            self.words.append(word.text)
            return not self.known.passes
        if not word.literal:
            self.unsure = f"`{word.raw}` is known only when it runs"
            return False
        found = self.tools.known(self.call.name, (*self.known.path, word.text))
        if found is None or found.exists is None:
            self.unsure = f"whether `{self.call.name} {word.text}` is there is not known"
            return False
        self.words.append(word.text)
        if found.exists is False or found.differs:
            self.wrong, self.known = word, found
            return False
        if found.path == self.known.path:  # an argument beside subcommands: there are no more of those
            return False
        self.known = found
        return True

    def _stray(self) -> tuple[Word, ...]:
        if self.wrong or self.known.options is None:
            return ()
        return tuple(word for word in self.options if not self._is_known(word))

    def _is_known(self, word: Word) -> bool:
        """Whether an option is one here, in any of the ways in which it may be written."""
        options = self.known.options
        name = word.text.partition("=")[0]
        if options is None or (not word.literal and "$" in name):
            return True
        if name in options or name in _ALWAYS:
            return True
        if name.startswith("--"):
            other = f"--{name.removeprefix('--no-')}" if name.startswith("--no-") else f"--no-{name[2:]}"
            return other in options or (self.known.abbreviates and any(one.startswith(name) for one in options))
        if f"-{name}" in options and len(name) > _LETTER:  # -help for --help, as some take it
            return True
        return name[1:2].isdigit() or _cluster(word.text, self.known) is not None


def _is_option(word: Word) -> bool:
    return word.text.startswith("-") and len(word.text) > 1 and not word.quoted


def _long(text: str) -> bool:
    return text.startswith("--")


def _cluster(text: str, known: Known) -> bool | None:
    """Whether -xvf wants a value behind it; None when it is no row of one-letter options. -p5432 has its value."""
    if known.options is None:
        return None
    for at, letter in enumerate(text[1:], start=1):
        if f"-{letter}" not in known.options:
            return None
        if f"-{letter}" in known.flags_with_value:
            return at == len(text) - 1
    return False
