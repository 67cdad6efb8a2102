"""The page around the procedures, with line numbers: its headings, its sentences, its anchors, links and pictures of Markdown and HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser

from fireline.runbook.page import frontmatter
from fireline.runbook.page.html import without_open_comments
from fireline.runbook.page.outline import Block, Section, anchor, outline
from fireline.runbook.page.prose import Prose
from fireline.runbook.reading import headings
from fireline.runbook.speech.words import folded

_IMAGE = re.compile(r"!\[[^\[\]\n]*\]\(\s*<?([^()\s<>]+)>?[^()\n]*\)")
_FENCE = re.compile(r"^[ \t>]*(?:\d+[.)]|[-*+])?[ \t]*(`{3,}|~{3,})")
_OWN_ID = re.compile(r"\{:?\s*#([\w-]+)[^}]*\}\s*$")


@dataclass(frozen=True)
class Passage:
    """A paragraph, an item's words or a cell. path: the headings it stands under, the outermost first; quoted: behind `>`."""

    line: int
    prose: Prose
    path: tuple[str, ...]
    quoted: bool = False

    @property
    def kinds(self) -> frozenset[str]:
        """What its headings announce: contacts, communication, process …"""
        return frozenset(headings.section_kind(one) for one in self.path)


_FOR_CONTACTS = re.compile(
    r"\b(?:contacts?|kontakte?|kontakty|notfallkontakte?|ansprechpartner|contactos?|contatti|contatos?|contacten)\b"
    r"|連絡先|連絡体制|联系人|연락처"
)


def for_contacts(path: tuple[str, ...]) -> bool:
    """Whether what stands under these headings is a list of people."""
    return bool(path) and bool(_FOR_CONTACTS.search(folded(path[-1])))


@lru_cache(maxsize=16)
def sections(text: str) -> tuple[Section, ...]:
    """Every section of a page, the part before the first heading included."""
    return tuple(_root(text).walk())


@lru_cache(maxsize=16)
def _root(text: str) -> Section:
    return outline(frontmatter.split(text)[1]).root


@lru_cache(maxsize=16)
def passages(text: str) -> tuple[Passage, ...]:
    """Everything that a person reads in sentences, in the order of the page; headings and fences are not among it."""
    lines = text.split("\n")
    found: list[Passage] = []
    for section, path in _with_path(_root(text), ()):
        for line, prose in _of(section.blocks):
            shown = lines[line - 1] if 0 < line <= len(lines) else ""
            found.append(Passage(line, prose, path, shown.lstrip().startswith(">")))
    return tuple(found)


def _with_path(section: Section, path: tuple[str, ...]) -> Iterator[tuple[Section, tuple[str, ...]]]:
    own = (*path, section.title) if section.level else path
    yield section, own
    for child in section.children:
        yield from _with_path(child, own)


def _of(blocks: list[Block]) -> Iterator[tuple[int, Prose]]:
    for block in blocks:
        if block.prose:
            yield block.line, block.prose
        for item in block.items:
            yield from _of(item.blocks)
        for number, row in enumerate(block.rows):
            yield from ((block.line + number + (number > 0), cell) for cell in row)


def fences(text: str) -> list[Block]:
    """Every fence of a page, those within lists too."""
    found: list[Block] = []
    waiting = [block for section in sections(text) for block in section.blocks]
    while waiting:
        block = waiting.pop(0)
        waiting += [inner for item in block.items for inner in item.blocks]
        found += [block] if block.kind == "fence" else []
    return sorted(found, key=lambda one: one.line)


def path_of(text: str, line: int) -> tuple[str, ...]:
    """The headings that a line stands under, the outermost first."""
    found: tuple[str, ...] = ()
    for section, path in _with_path(_root(text), ()):
        if section.line <= line:
            found = path
    return found


def title_line(text: str) -> int:
    """The line of the first heading; 1 without one."""
    return next((one.line for one in sections(text) if one.level), 1)


@lru_cache(maxsize=64)
def anchors(text: str) -> frozenset[str]:
    """The names by which the parts of a page may be linked to, as any of the usual renderers makes them, made alike."""
    found: set[str] = set()
    for section in sections(text):
        if section.level:
            own = _OWN_ID.search(section.title)
            found |= {alike(section.anchor), alike(anchor(section.title)), alike(headings.plain_title(section.title))}
            if own:
                found |= {alike(own[1]), alike(_OWN_ID.sub("", section.title))}
    found |= {alike(value) for tag, name, value, _ in _html(text) if name == "id" or (tag == "a" and name == "name")}
    return frozenset(found)


def alike(fragment: str) -> str:
    """An anchor without what renderers differ in: case, accents, doubled hyphens, punctuation."""
    bare = folded(fragment.removeprefix("user-content-"))
    return re.sub(r"[^\w]+|_+", "-", bare).strip("-")


def more_links(text: str) -> list[tuple[str, int]]:
    """Targets and lines of what is linked or shown in other ways than `[words](target)`: HTML and pictures."""
    found = [
        (value, line)
        for tag, name, value, line in _html(text)
        if (tag, name) in (("a", "href"), ("img", "src")) and value
    ]
    for passage in passages(text):
        for offset, raw in enumerate(passage.prose.raw.split("\n")):
            bare = re.sub(r"`[^`]*`", "", raw)
            found += [(one[1], passage.line + offset) for one in _IMAGE.finditer(bare)]
    return list(dict.fromkeys(found))


class _Tags(HTMLParser):
    """Gathers the attributes of tags with their lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str, str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, name, value or "", self.getpos()[0]) for name, value in attrs]


@lru_cache(maxsize=64)
def _html(text: str) -> tuple[tuple[str, str, str, int], ...]:
    """Tag, attribute, value and line of what is written as HTML outside of code."""
    if not re.search(r"<[a-zA-Z]", text):
        return ()
    reader = _Tags()
    with suppress(AssertionError):  # how the standard library's parser says that it can not go on
        reader.feed(without_open_comments(prose_only(text)))
    return tuple(reader.found)


def prose_only(text: str) -> str:
    """The page with blank lines in the place of fences, and without the code within sentences."""
    kept: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip(" \t>").strip(mark[1][0]):
                fence = ""
            kept.append("")
        elif mark:
            fence = mark[1]
            kept.append("")
        else:
            kept.append(re.sub(r"`+[^`]+`+", "", line))
    return "\n".join(kept)
