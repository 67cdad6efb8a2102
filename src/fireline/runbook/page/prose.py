"""One paragraph of Markdown, read: its plain words, what is bold, its code and its links. Blocks are `outline`'s."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

LONGEST = 20_000  # characters of a paragraph; a longer one is text without links
MOST_BRACKETS = 300  # of a paragraph; each one more costs the parser a look ahead
_TAG = re.compile(r"<(/?)(br|b|strong|em|i|u|span|small|sup|sub|font|code|kbd|tt|mark)\b[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class Run:
    """A piece of text in one style; line counts from 0 within the paragraph."""

    text: str
    strong: bool = False
    code: bool = False
    href: str | None = None
    line: int = 0


@dataclass(frozen=True)
class Prose:
    """A paragraph. `raw` is its Markdown."""

    raw: str
    runs: tuple[Run, ...]

    @property
    def plain(self) -> str:
        """All words, without marks; line breaks become blanks."""
        return " ".join("".join(run.text for run in self.runs).split())

    @property
    def lead(self) -> str:
        """What is bold at the very beginning; empty when nothing is."""
        text = ""
        for run in self.runs:
            if not run.strong:
                break
            text += run.text
        return " ".join(text.split())

    @property
    def first_line(self) -> str:
        """The words up to the first line break."""
        return " ".join("".join(run.text for run in self.runs if run.line == 0).split())

    @property
    def links(self) -> list[tuple[str, str, int]]:
        """Text, target and line of each link."""
        found: list[tuple[str, str, int]] = []
        for run in self.runs:
            if run.href is None:
                continue
            if found and found[-1][1] == run.href and found[-1][2] == run.line:
                found[-1] = (found[-1][0] + run.text, run.href, run.line)
            else:
                found.append((run.text, run.href, run.line))
        return found

    def labelled_lines(self) -> list[Prose]:
        """The paragraph, cut before each line that begins with a bold label: **Symptoms:** … **Quick fix:** …"""
        cuts = [
            run.line
            for before, run in pairwise(self.runs)
            if run.strong and run.line > before.line - (before.text == " ") and run.text.rstrip().endswith(":")
        ]
        starts = [0, *dict.fromkeys(line for line in cuts if line > 0)]
        if len(starts) == 1:
            return [self]
        raw = self.raw.split("\n")
        ends = [*starts[1:], len(raw)]
        return [
            Prose(
                "\n".join(raw[start:end]),
                tuple(replace(run, line=run.line - start) for run in self.runs if start <= run.line < end),
            )
            for start, end in zip(starts, ends, strict=True)
        ]


@cache
def markdown() -> MarkdownIt:
    """CommonMark with tables; paragraphs stay unread until somebody asks."""
    return MarkdownIt("commonmark").enable("table").disable("inline")


class Reader:
    """Reads the paragraphs of one file, as long as they are not too many: an odd file must not take for ever."""

    def __init__(self, references: dict[str, Any]) -> None:
        self.references = references  # what `[text][name]` may lead to
        self.characters = 1_500_000
        self.brackets = 20_000
        self.given_up = False
        self._known: dict[str, Prose] = {}

    def read(self, raw: str) -> Prose:
        """The paragraph; as nothing but text when it is too long or too odd."""
        known = self._known.get(raw)
        if known is None:
            known = self._known[raw] = self._read(raw)
        return known

    def _read(self, raw: str) -> Prose:
        brackets = raw.count("[")
        self.characters -= len(raw)
        self.brackets -= brackets
        if len(raw) > LONGEST or brackets > MOST_BRACKETS or self.characters < 0 or self.brackets < 0:
            self.given_up = True
            return Prose(raw, tuple(Run(text, line=number) for number, text in enumerate(raw.split("\n"))))
        tokens: list[Token] = []
        markdown().inline.parse(raw, markdown(), {"references": self.references}, tokens)
        return Prose(raw, tuple(_runs(tokens)))


def _runs(tokens: list[Token]) -> list[Run]:
    found: list[Run] = []
    strong, code, line = 0, 0, 0
    href: str | None = None
    for token in tokens:
        tag = _TAG.fullmatch(token.content) if token.type == "html_inline" else None
        if token.type in ("strong_open", "strong_close"):
            strong += token.nesting
        elif token.type == "link_open":
            href = str(token.attrs.get("href", ""))
        elif token.type == "link_close":
            href = None
        elif token.type in ("softbreak", "hardbreak"):
            _add(found, Run(" ", strong=strong > 0, href=href, line=line))
            line += 1
        elif token.type == "image":
            _add(found, Run(token.content, strong=strong > 0, href=href, line=line))
        elif tag is not None:
            change = -1 if tag[1] else 1
            strong += change * (tag[2].lower() in ("b", "strong"))
            code += change * (tag[2].lower() in ("code", "kbd", "tt"))
            if tag[2].lower() == "br":
                _add(found, Run("\n", strong > 0, href=href, line=line))
        elif token.type in ("text", "text_special", "code_inline", "html_inline"):
            text = token.content if token.type != "html_inline" or not token.content.startswith("<!--") else ""
            _add(found, Run(text, strong > 0, token.type == "code_inline" or code > 0, href, line))
    return found


def _add(found: list[Run], run: Run) -> None:
    """Append a run, joined to the one before when both look the same."""
    last = found[-1] if found else None
    if (
        last
        and not run.code
        and not last.code
        and (last.strong, last.href, last.line) == (run.strong, run.href, run.line)
    ):
        found[-1] = Run(last.text + run.text, run.strong, False, run.href, run.line)
    elif run.text:
        found.append(run)
