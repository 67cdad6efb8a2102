"""What a call of a program is: plain data. How it is read from bash stands in `calls`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    """One word of a call. text: without its quotes; literal: whether bash takes it as it stands."""

    text: str
    raw: str
    line: int  # within the command, from 1
    column: int  # from 1
    literal: bool
    quoted: bool  # all of it in quotes


@dataclass(frozen=True)
class Call:
    """A simple command. name: without its folder; through: the runners before it (sudo, npx …)."""

    name: str
    raw_name: str
    words: tuple[Word, ...]
    line: int  # of its name, within the command, from 1
    column: int
    pipeline: tuple[str, ...] = ()  # the names of the pipeline it stands in, itself included, "" for a group or a loop
    place: int = 0  # its place in the pipeline, from 0
    redirects: tuple[tuple[str, str], ...] = ()  # operator and text: (">", "dump.sql"); standard error has "2>"
    here: str | None = None  # the text of its here-document or here-string
    here_word: Word | None = None  # the same as a word, with its place; a here-document is quoted when its end word is
    through: tuple[str, ...] = ()
    negated: bool = False  # in a condition, after `!`, or before `||`: its failure is looked at
    inside: str | None = None  # name of the function that it stands in
    assigned: tuple[tuple[str, Word], ...] = ()  # NAME=value before it
    pipe: int = -1  # which pipeline of the command it is in; -1 outside of one
    fed: bool = False  # its standard input is a pipe, a file or a here-document, of its own or of the loop around it
    captured: bool = False  # within $(…) or `…`: what it prints is not shown
    behind: bool = False  # it goes on by itself: `&` stands behind it
    fixed: bool = True  # whether its name is literal; else it is known only at run time

    @property
    def plain(self) -> tuple[str, ...]:
        """Its words that are no options, as far as they are literal: up to the first that is not."""
        found: list[str] = []
        only = False
        for word in self.words:
            if word.text == "--" and not word.quoted:
                only = True
            elif word.text.startswith("-") and not word.quoted and not only:
                continue
            elif not word.literal:
                break
            else:
                found.append(word.text)
        return tuple(found)

    @property
    def options(self) -> tuple[Word, ...]:
        """Its words that begin with a dash, up to `--`."""
        found: list[Word] = []
        for word in self.words:
            if word.text == "--":
                break
            if word.text.startswith("-") and len(word.text) > 1 and not word.quoted:
                found.append(word)
        return tuple(found)

    def has(self, *options: str) -> bool:
        """Whether one of these options is given, also as --option=value."""
        return any(word.text.partition("=")[0] in options for word in self.words)

    def short(self, letter: str) -> bool:
        """Whether a one-letter option is given, alone or among others: -t of -it."""
        return any(
            not word.text.startswith("--") and letter in word.text[1:].partition("=")[0] for word in self.options
        )

    def values(self, *options: str) -> tuple[Word, ...]:
        """What is given to these options: --option value, --option=value, -o value, -ovalue."""
        found: list[Word] = []
        for at, word in enumerate(self.words):
            name, equals, value = word.text.partition("=")
            short = next((one for one in options if len(one) == 2 and word.text.startswith(one)), None)  # noqa: PLR2004 - a dash and a letter
            if word.text in options:
                found += self.words[at + 1 : at + 2]
            elif equals and name in options:
                found.append(_part(word, value))
            elif short and not word.text.startswith("--"):
                found.append(_part(word, word.text[2:]))
        return tuple(found)

    def to(self, *signs: str) -> tuple[str, ...]:
        """What it is redirected to (or from) with these signs."""
        return tuple(text for sign, text in self.redirects if sign in signs)


def _part(word: Word, text: str) -> Word:
    return Word(text, word.raw, word.line, word.column + len(word.text) - len(text), word.literal, word.quoted)
