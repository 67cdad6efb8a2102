"""HTML within a page, as exports of wikis write it, read as the same blocks as Markdown: lists, code, paragraphs."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser

from fireline.runbook.page.block import Block, Item
from fireline.runbook.page.prose import Prose, Run

LONGEST = 200_000  # characters of one piece of HTML that is looked into
DEEPEST = 40
_OPENS = re.compile(r"<(/?)(?:ol|ul|pre)\b", re.IGNORECASE)
_COMMENT_ENDS = re.compile(r"--\s{0,99}>")
_MARKDOWN = re.compile(r"^\s*(?:`{3,}|~{3,})")
_VOID = {"br", "hr", "img", "input", "meta", "link", "col", "area", "base", "wbr", "source", "embed"}
_BREAKS = {
    "p",
    "div",
    "li",
    "ol",
    "ul",
    "pre",
    "table",
    "tr",
    "td",
    "th",
    "details",
    "summary",
    "section",
    "article",
    "blockquote",
}
_BREAKS |= {
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "aside",
    "tbody",
    "thead",
    "dl",
    "dt",
    "dd",
    "figure",
    "header",
    "footer",
}
_STRONG = {"strong", "b", "summary", "h1", "h2", "h3", "h4", "h5", "h6"}
_CODE = {"code", "kbd", "tt", "samp"}
_UNREAD = {"script", "style", "table", "template", "svg"}
_LANGUAGE = re.compile(r"(?:language-|lang-|brush:\s*|highlight-source-)([\w-]+)")


def without_open_comments(text: str) -> str:
    """The text without the marks of comments that never end: the parser would look to its end for each of them."""
    ends = [found.end() for found in _COMMENT_ENDS.finditer(text)]
    last = ends[-1] if ends else 0
    return text[:last] + text[last:].replace("<!--", "<!  ")


def end_of(lines: list[str], first: int, last: int) -> int:
    """The line behind a list or a code of HTML that begins in lines[first:last]: that of its end.

    It is `last` when all of it is closed there, never closed, or when Markdown goes on within it.
    """
    depth = 0
    for number in range(first, len(lines)):
        if number >= last and (_MARKDOWN.match(lines[number]) or lines[number].startswith("#")):
            return last
        depth += sum(-1 if one[1] else 1 for one in _OPENS.finditer(lines[number]))
        if number >= last - 1 and depth <= 0:
            return max(number + 1, last)
    return last


def blocks(content: str, line: int) -> list[Block]:
    """What a piece of HTML says; `line` is that of its first line."""
    if len(content) > LONGEST or "<" not in content:
        return []
    tree = _Tree(line)
    with suppress(AssertionError):  # how the standard library's parser says that it can not go on
        tree.feed(without_open_comments(content))
        tree.close()
    return _Reader().read(tree.root)


@dataclass
class _Node:
    """An element, with what stands in it."""

    tag: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict)
    inner: list[_Node | str] = field(default_factory=list)

    def text(self) -> str:
        return "".join(one if isinstance(one, str) else ("\n" if one.tag == "br" else one.text()) for one in self.inner)


class _Tree(HTMLParser):
    """Makes the elements; what is never closed ends with what is around it."""

    def __init__(self, line: int) -> None:
        super().__init__(convert_charrefs=True)
        self.line = line
        self.root = _Node("", line)
        self.path = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "li":
            self._close_item()
        node = _Node(tag, self.line + self.getpos()[0] - 1, {name: value or "" for name, value in attrs})
        self.path[-1].inner.append(node)
        if tag not in _VOID and len(self.path) < DEEPEST:
            self.path.append(node)

    def _close_item(self) -> None:
        """An item without an end ends where the next one of its list begins."""
        for at in range(len(self.path) - 1, 0, -1):
            if self.path[at].tag in ("ol", "ul"):
                return
            if self.path[at].tag == "li":
                del self.path[at:]
                return

    def handle_endtag(self, tag: str) -> None:
        for at in range(len(self.path) - 1, 0, -1):
            if self.path[at].tag == tag:
                del self.path[at:]
                return

    def handle_data(self, data: str) -> None:
        self.path[-1].inner.append(data)


class _Reader:
    """Turns elements into blocks; words between two of them are a paragraph."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self.runs: list[Run] = []
        self.first = 0
        self.line = 0

    def read(self, node: _Node) -> list[Block]:
        self.line = node.line
        self._within(node, strong=False, code=False, href=None)
        self._flush()
        return self.found

    def _within(self, node: _Node, *, strong: bool, code: bool, href: str | None) -> None:
        for one in node.inner:
            if isinstance(one, str):
                self._words(one, strong=strong, code=code, href=href)
            elif one.tag in _UNREAD:
                self._flush()
                self.line = one.line + one.text().count("\n")
            elif one.tag == "br":
                self._add(Run("\n", strong, code, href, self.line - self.first if self.runs else 0), one.line)
            elif one.tag in _BREAKS:
                self._flush()
                self._block(one)
            else:
                self.line = one.line
                self._within(
                    one,
                    strong=strong or one.tag in _STRONG,
                    code=code or one.tag in _CODE,
                    href=one.attributes.get("href", href) if one.tag == "a" else href,
                )

    def _block(self, node: _Node) -> None:
        if node.tag in ("ol", "ul"):
            items = [one for one in node.inner if isinstance(one, _Node) and one.tag == "li"]
            made = [Item(one.line, _Reader().read(one)) for one in items]
            self.found.append(Block("list", node.line, ordered=node.tag == "ol", items=made))
        elif node.tag == "pre":
            self._code(node)
        else:
            inner = _Reader()
            inner.line = node.line
            inner._within(node, strong=node.tag in _STRONG, code=False, href=None)
            inner._flush()
            self.found += inner.found

    def _code(self, node: _Node) -> None:
        inner = next((one for one in node.inner if isinstance(one, _Node) and one.tag == "code"), node)
        text = node.text()
        named = _LANGUAGE.search(f"{inner.attributes.get('class', '')} {node.attributes.get('class', '')}")
        skipped = len(text) - len(text.lstrip("\n"))
        content = text.strip("\n") + "\n"
        info = named[1] if named else inner.attributes.get("lang", "")
        self.found.append(Block("fence", node.line, info=info, content=content, first=node.line + skipped))
        self.line = node.line + text.count("\n")

    def _words(self, words: str, *, strong: bool, code: bool, href: str | None) -> None:
        for number, part in enumerate(words.split("\n")):
            if number:
                self.line += 1
                if self.runs:
                    self._add(Run(" ", strong, code=False, href=href, line=self.line - self.first - 1), self.line)
            if part.strip() or (part and self.runs):
                self._add(Run(part, strong, code, href, self.line - self.first if self.runs else 0), self.line)

    def _add(self, run: Run, line: int) -> None:
        if not self.runs:
            self.first = self.line = line
        self.runs.append(run)

    def _flush(self) -> None:
        while self.runs and not self.runs[-1].text.strip():
            self.runs.pop()
        while self.runs and not self.runs[0].text.strip():
            self.runs.pop(0)
        if self.runs:
            raw = ""
            for run in self.runs:
                raw += "\n" * (run.line - raw.count("\n")) + run.text.replace("\n", " ")
            self.found.append(Block("paragraph", self.first, prose=Prose(raw, tuple(self.runs))))
        self.runs = []
