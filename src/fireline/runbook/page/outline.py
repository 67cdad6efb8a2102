"""A Markdown file as headings with what stands under each, with line numbers; what it means is for others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from markdown_it.token import Token

from fireline.runbook.page import html
from fireline.runbook.page.block import Block, Item
from fireline.runbook.page.prose import Reader, markdown

__all__ = ["MOST_LINES", "Block", "Item", "Outline", "Section", "anchor", "outline", "slug"]

MOST_LINES = 20_000  # a longer file is read up to there


@dataclass
class Section:
    """A heading with what stands under it up to the next one, and the headings below it."""

    title: str
    level: int
    line: int
    anchor: str
    blocks: list[Block] = field(default_factory=list)
    children: list[Section] = field(default_factory=list)

    def walk(self) -> Iterator[Section]:
        """The section itself and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass
class Outline:
    """The whole file: `root` is what stands before the first heading, and holds all sections."""

    root: Section
    reader: Reader
    cut: bool  # whether only the first lines were read


def outline(text: str) -> Outline:
    """Read the blocks of a Markdown text. Never raises; what is no Markdown is a paragraph."""
    lines = text.split("\n", MOST_LINES)
    cut = len(lines) > MOST_LINES
    env: dict[str, Any] = {}
    tokens = markdown().parse("\n".join(lines[:MOST_LINES]), env)
    builder = _Builder(tokens, Reader(env.get("references", {})), lines)
    return Outline(builder.sections(), builder.reader, cut)


def slug(title: str) -> str:
    """A title as part of an id: lower case, words joined by hyphens, a leading number left out."""
    words = re.sub(r"^\s*\d+[.):]\s+", "", title).lower()
    return re.sub(r"[^\w]+|_+", "-", words).strip("-") or "section"


def anchor(title: str) -> str:
    """A title as the links of a Markdown page name it."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


class _Builder:
    """Turns markdown-it's flat tokens into sections and blocks."""

    def __init__(self, tokens: list[Token], reader: Reader, lines: list[str]) -> None:
        self.tokens = tokens
        self.reader = reader
        self.lines = lines
        self.at = 0
        self.anchors: dict[str, int] = {}

    def sections(self) -> Section:
        root = Section("", 0, 1, "")
        path = [root]
        while self.at < len(self.tokens):
            if self.tokens[self.at].type == "heading_open":
                section = self._heading()
                while path[-1].level >= section.level:
                    path.pop()
                path[-1].children.append(section)
                path.append(section)
            else:
                path[-1].blocks += self._blocks_at()
        return root

    def _heading(self) -> Section:
        token, content = self.tokens[self.at], self.tokens[self.at + 1]
        self.at += 3
        title = self.reader.read(content.content).plain
        name = anchor(title)
        seen = self.anchors[name] = self.anchors.get(name, -1) + 1
        return Section(title, int(token.tag[1]), _line(token), f"{name}-{seen}" if seen else name)

    def _blocks_at(self) -> list[Block]:
        """The block at the present token (a quotation yields those within it), stepping past it."""
        token = self.tokens[self.at]
        self.at += 1
        if token.type in ("fence", "code_block"):
            return [self._fence(token)]
        if token.type == "html_block":
            return self._html(token)
        if token.type in ("paragraph_open", "heading_open"):
            prose = self.reader.read(self.tokens[self.at].content)
            self.at += 2
            line = _line(token)
            return [Block("paragraph", line, prose=prose, indented=self._is_indented(token, line))]
        if token.type in ("ordered_list_open", "bullet_list_open"):
            return [self._list(token)]
        if token.type == "blockquote_open":
            return self._until("blockquote_close")
        return [self._table(token)] if token.type == "table_open" else []

    def _is_indented(self, token: Token, line: int) -> bool:
        """Whether a paragraph within an item begins so far in that its author may have meant code."""
        return token.level > 1 and self.lines[line - 1].startswith(("    ", "\t", " \t"))

    def _html(self, token: Token) -> list[Block]:
        """What HTML says. A list or a code of HTML goes on to its end, whatever blank lines stand within."""
        first, last = token.map or [0, 0]
        end = html.end_of(self.lines, first, last)
        if end > last:
            while self.at < len(self.tokens) and self.tokens[self.at].level >= token.level:
                place = self.tokens[self.at].map
                if place is not None and place[0] >= end and self.tokens[self.at].nesting >= 0:
                    break
                self.at += 1
        content = "\n".join(self.lines[first:end]) if end > last else token.content
        return html.blocks(content, first + 1) or [Block("html", first + 1, content=token.content)]

    def _fence(self, token: Token) -> Block:
        block = Block("fence", _line(token), info=token.info.strip(), content=token.content, first=_line(token))
        if token.type == "fence" and token.map:
            block.first += 1
            last = self.lines[token.map[1] - 1].strip(" \t\r>")
            block.closed = token.map[1] - token.map[0] > 1 and last.startswith(token.markup)
        return block

    def _until(self, closing: str) -> list[Block]:
        found: list[Block] = []
        while self.tokens[self.at].type != closing:
            found += self._blocks_at()
        self.at += 1
        return found

    def _list(self, opening: Token) -> Block:
        block = Block("list", _line(opening), ordered=opening.type == "ordered_list_open")
        while self.tokens[self.at].type == "list_item_open":
            token = self.tokens[self.at]
            self.at += 1
            block.items.append(Item(_line(token), self._until("list_item_close")))
        self.at += 1
        return block

    def _table(self, opening: Token) -> Block:
        block = Block("table", _line(opening))
        while self.tokens[self.at].type != "table_close":
            token = self.tokens[self.at]
            if token.type == "tr_open":
                block.rows.append([])
            elif token.type == "inline":
                block.rows[-1].append(self.reader.read(token.content))
            self.at += 1
        self.at += 1
        return block


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 0
