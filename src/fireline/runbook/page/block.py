"""What a page is made of below its headings: paragraphs, lists, fences, tables. Plain data; `outline` and `html` make it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fireline.runbook.page.prose import Prose


@dataclass
class Block:
    """A paragraph, a list, a fence, a table or HTML that says nothing; line is the first, from 1."""

    kind: Literal["paragraph", "list", "fence", "table", "html"]
    line: int
    prose: Prose | None = None  # paragraph
    ordered: bool = False  # list
    items: list[Item] = field(default_factory=list)  # list
    info: str = ""  # fence
    content: str = ""  # fence, html
    indented: bool = False  # paragraph: whether it stands so far in that code may have been meant
    first: int = 0  # fence: the line of its first line of content
    closed: bool = True  # fence: whether its end was written
    rows: list[list[Prose]] = field(default_factory=list)  # table, its heading first


@dataclass
class Item:
    """One item of a list."""

    line: int
    blocks: list[Block] = field(default_factory=list)

    @property
    def prose(self) -> Prose | None:
        """Its first paragraph, when it begins with one."""
        return self.blocks[0].prose if self.blocks and self.blocks[0].kind == "paragraph" else None
