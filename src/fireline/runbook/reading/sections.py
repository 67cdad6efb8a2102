"""What stands under a heading, as symptoms and drafts of steps; and which headings are procedures at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from fireline.runbook.document import Action
from fireline.runbook.language import commands
from fireline.runbook.page.outline import Block, Item, Section
from fireline.runbook.page.prose import Prose
from fireline.runbook.reading import fence, headings, numbered, tabled
from fireline.runbook.reading.draft import Draft, clause_of, notes_in, of_item, title_of
from fireline.runbook.reading.headings import LabelKind
from fireline.runbook.reading.numbered import Part

MOST_SYMPTOMS = 50
_LABEL = 80  # characters; a longer paragraph that ends with a colon is a sentence


@dataclass
class Sketch:
    """A section being read, with the parts of it that stand under headings such as Symptoms or Resolution."""

    title: str
    line: int
    bullets_are_steps: bool = False  # in a checklist
    by_hand: bool = False  # whether commands that nothing here runs, or that stand in a sentence, are steps as well
    symptoms: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    stop_when: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    mode: LabelKind = ""
    intro: Prose | None = None  # the paragraph just before
    last: Draft | None = None  # what a fence or bullets without a word between belong to
    open: Draft | None = None  # a paragraph that is a step: what follows belongs to it, up to the next label or number

    def feed(self, blocks: list[Block], mode: LabelKind = "") -> None:
        """Take in what stands under one heading."""
        self.mode, self.intro, self.last, self.open = mode, None, None, None
        numbers = numbered.find(blocks, steps=mode == "steps") if mode not in ("symptoms", "sources", "text") else {}
        for number, block in enumerate(blocks):
            following = blocks[number + 1] if number + 1 < len(blocks) else None
            if number in numbers:
                self._numbered(numbers[number])
            elif block.kind == "table":
                self._table(block)
            elif block.kind == "paragraph" and block.prose:
                parts, line = block.prose.labelled_lines(), block.line
                for part in parts:
                    self._paragraph(part, following if part is parts[-1] else None, line)
                    line += part.raw.count("\n") + 1
            elif block.kind == "list":
                self._list(block)
            elif block.kind == "fence":
                self._fence(block)

    def step(self, section: Section) -> list[Section]:
        """Take in a heading that is a step: Step 2 – Restart. The headings below it that are no part of it remain."""
        draft = Draft(headings.plain_title(section.title), section.line, section.title)
        for block in section.blocks:
            draft.block(block)
        rest: list[Section] = []
        for child in section.children:
            if rest or not _is_part(child):
                rest.append(child)
                continue
            draft.texts.append(f"**{child.title}**")
            for block in child.blocks:
                draft.block(block, headings.plain_title(child.title))
        self.drafts.append(draft)
        self.last = draft
        return rest

    def _numbered(self, parts: list[Part]) -> None:
        """Take in a paragraph that is a step, or several."""
        for part in parts:
            if part.number is None:
                self._paragraph(part.prose, None, part.line)
                continue
            draft = Draft(title_of(part.prose), part.line, clause_of(part.prose), listed=False)
            draft.paragraph(part.prose)
            self.drafts.append(draft)
            self.last = self.open = draft
            self.mode = "steps"

    def _table(self, block: Block) -> None:
        """A table is steps, when one of its columns holds commands and another says that they follow each other."""
        found = (
            tabled.drafts(block, steps=self.by_hand or self.mode == "steps")
            if self.mode not in ("symptoms", "sources", "text")
            else []
        )
        self.drafts += found
        self.last = self.open = None

    def _paragraph(self, prose: Prose, following: Block | None, line: int) -> None:
        notes = notes_in(prose)
        if len(notes) > 1 and not "".join(run.text for run in notes[0][1]).strip():
            holder = self.last or self.open or (self.drafts[-1] if self.drafts else Draft("", 0))
            holder.paragraph(prose)
            self.stop_when += holder.stop_when
            holder.stop_when = []
            return
        self.links += [(text, href) for text, href, _ in prose.links]
        label, rest = label_of(prose, alone=following is not None and following.kind in ("list", "fence"))
        if not label or (rest and headings.label_kind(label) != "symptoms"):
            self._text(prose, line)
            return
        kind = headings.label_kind(label)
        if self.open is not None and not kind and not rest and not prose.lead:  # “Then run:” within a step
            self._text(prose)
            return
        self.open = None
        if rest:
            self.symptoms += [part for part in re.split(r"[,;]\s+", rest) if part]
            self.mode = ""
            return
        if not kind:
            self.texts.append(prose.raw)
        goes_on = self.mode == "symptoms" and not kind and following is not None
        if not (goes_on and following is not None and following.kind == "list" and not following.ordered):
            self.mode = kind
        self.intro, self.last = prose, None

    def _text(self, prose: Prose, line: int = 0) -> None:
        if self.open is not None:
            self.open.paragraph(prose)
            self.last = self.open
            return
        if self.by_hand and _typed(prose) and self.mode not in ("symptoms", "sources"):
            draft = Draft(title_of(prose), line, clause_of(prose), listed=False)
            draft.paragraph(prose)
            self.drafts.append(draft)
            self.last, self.intro = draft, None
            return
        self.texts.append(prose.raw)
        self.intro, self.last = prose, None
        if self.mode in ("symptoms", "text", "sources"):
            self.mode = ""

    def _list(self, block: Block) -> None:
        words = [headings.plain_task(item.prose.plain) for item in block.items if item.prose]
        if self.mode == "symptoms" and block.ordered and self.symptoms:
            self.mode = ""  # a numbered list after the symptoms is what to do, also without a word between
        if self.mode == "symptoms":
            self.symptoms += words
        elif self.mode == "sources":
            self.sources += words
        elif self.mode == "text" or is_contents(block):
            self.texts += [f"- {one}" for one in words]
        elif self.open is not None:
            self.open.nested(block)
        elif block.ordered or self.mode == "steps" or self.bullets_are_steps or _are_steps(block, by_hand=self.by_hand):
            drafts = [of_item(item) for item in block.items if item.blocks]
            self.drafts += drafts
            self.last = drafts[-1] if drafts else self.last
        elif self.last is not None:
            self.last.nested(block)
        else:
            self.texts += [f"- {one}" for one in words]

    def _fence(self, block: Block) -> None:
        if self.mode in ("symptoms", "text"):
            if self.mode == "symptoms":
                self.symptoms += [line.strip() for line in block.content.split("\n") if line.strip()]
            return
        read = fence.read(block)
        alone = read.role == "do" and self.last is not None and not self.last.listed and bool(read.action.title)
        alone = alone and self.last is not None and bool(self.last.fences)
        if self.last is not None and not alone:
            self.last.fence(block)
        elif read.runs or read.role != "do" or (self.by_hand and fence.by_hand(block)):
            self._lone_fence(block, read.action)
        else:
            self.notes += read.notes
            self.texts.append(f"```{block.info}\n{read.action.command}\n```")

    def _lone_fence(self, block: Block, action: Action) -> None:
        """A fence without an item around it is a step, titled by the words before it."""
        title = title_of(self.intro) if self.intro else ""
        clause = clause_of(self.intro) if self.intro else ""
        if headings.label_kind(title):
            title = clause = ""
        title = headings.plain_title(title) if title else ""
        comment = "" if fence.alternatives(action) else action.title
        draft = Draft(title or comment or self.title, block.line, clause, listed=False)
        draft.fence(block)
        self.drafts.append(draft)
        self.last, self.intro = draft, None
        self.open = draft if self.open is not None else None


def label_of(prose: Prose, *, alone: bool = False) -> tuple[str, str]:
    """The label that a paragraph is, and what follows it in the same paragraph: **Symptoms:** slow, hung.

    alone: whether it stands right above a list or a fence, so that a known label needs no colon.
    """
    words, lead = prose.plain, prose.lead
    if lead and (lead.endswith(":") or words[len(lead) :].startswith(":") or words == lead) and len(lead) <= _LABEL:
        return lead.strip(" :"), words[len(lead) :].strip(" :")
    if words.endswith(":") and len(words) <= _LABEL:
        return words.strip(" :"), ""
    if alone and len(words) <= _LABEL and headings.label_kind(words):
        return words, ""
    head, colon, rest = words.partition(":")
    if colon and headings.label_kind(head) == "symptoms":
        return head, rest.strip()
    return "", ""


def is_contents(block: Block) -> bool:
    """Whether a list is a table of contents: every item only a link within the page."""
    proses = [item.prose for item in block.items]
    return bool(proses) and all(
        prose is not None
        and len(prose.links) == 1
        and prose.links[0][1].startswith("#")
        and prose.links[0][0] == prose.plain
        for prose in proses
    )


def _are_steps(block: Block, *, by_hand: bool) -> bool:
    """Bullets are steps when one holds a fence, or when each has a box to tick."""
    proses = [item.prose for item in block.items]
    if by_hand and any(_typed(prose) for prose in proses if prose):
        return True
    return any(_has_fence(item, by_hand=by_hand) for item in block.items) or (
        bool(proses) and all(prose is not None and headings.is_task(prose.plain) for prose in proses)
    )


def _typed(prose: Prose) -> bool:
    """Whether a command stands in a sentence."""
    return any(run.code and commands.is_shell(run.text) for run in prose.runs)


def _has_fence(item: Item, *, by_hand: bool) -> bool:
    return any(
        block.kind == "fence" and (fence.read(block).runs or (by_hand and bool(fence.by_hand(block))))
        for block in item.blocks
    )


@dataclass(frozen=True)
class Found:
    """A section that is a procedure or a checklist; `path` are the titles from below the document's own down to it."""

    sketch: Sketch
    kind: Literal["procedure", "checklist"]
    path: tuple[str, ...]


def find(root: Section, document: Section | None, *, by_hand: bool = False) -> Iterator[Found]:
    """Every procedure and checklist of the file, in order. `document` is the heading that titles the whole file.

    by_hand: take for steps also what nothing here runs: commands of other languages, and those in sentences.
    """
    yield from _find(root, (), document, in_process=False, by_hand=by_hand)


def _find(
    section: Section, path: tuple[str, ...], document: Section | None, *, in_process: bool, by_hand: bool
) -> Iterator[Found]:
    whole = section.level == 0 or section is document
    kind = "" if whole else headings.section_kind(section.title)
    if kind in ("severity", "contacts") or (kind == "communication" and not in_process):
        return
    process = in_process or kind == "process"
    checklist = process or (whole and headings.section_kind(section.title) == "process")
    own = path if whole else (*path, headings.plain_title(section.title))
    sketch = Sketch(headings.plain_title(section.title), section.line, bullets_are_steps=process, by_hand=by_hand)
    if in_process or by_hand or kind not in ("aside", "text"):
        sketch.feed(section.blocks, "sources" if process and _detects(section.title) else "")
    rest = _merge(sketch, section, process=process)
    if sketch.drafts or in_process:
        shown = own or ((headings.plain_title(section.title),) if section.title else ())
        yield Found(sketch, "checklist" if checklist and not sketch.symptoms else "procedure", shown)
    for child in rest:
        yield from _find(child, own, document, in_process=process, by_hand=by_hand)


def _detects(title: str) -> bool:
    return headings.plain_title(title).casefold() in ("detection", "detect", "erkennung", "détection", "detección")


def _merge(sketch: Sketch, section: Section, *, process: bool) -> list[Section]:
    """Feed the headings that are only parts of this section into it; the others remain."""
    if section.level > 0 and not process and not sketch.drafts and _is_sequence(section.children):
        below: list[Section] = []
        for child in section.children:
            below += sketch.step(child)
        return below
    rest: list[Section] = []
    for child in section.children:
        kind = headings.section_kind(child.title)
        numbered = bool(child.children) and all(headings.number_of(one.title) for one in child.children)
        if section.level == 0 or process:
            rest.append(child)
        elif kind in ("symptoms", "steps", "text") and (child.blocks or not child.children or numbered):
            sketch.feed(child.blocks, "symptoms" if kind == "symptoms" else "steps" if kind == "steps" else "text")
            if kind == "steps" and numbered:
                for one in child.children:
                    rest += sketch.step(one)
            else:
                rest += child.children
        elif headings.is_step(child.title):
            rest += sketch.step(child)
        else:
            rest.append(child)
    return rest


def _is_part(section: Section) -> bool:
    """Whether a heading below a step only divides it: no list of steps of its own, no symptoms, nothing named apart."""
    plain = headings.section_kind(section.title) in ("", "steps", "text") and not section.children
    return plain and not any(block.kind == "list" and block.ordered for block in section.blocks)


def _is_sequence(sections: list[Section]) -> bool:
    """Whether headings are the steps of what stands above: numbered from 1, with commands and no lists of their own."""
    numbers = [headings.number_of(one.title) for one in sections]
    if len(sections) < 2 or numbers != list(range(1, len(sections) + 1)):  # noqa: PLR2004 - one step is no sequence
        return False
    blocks = [block for one in sections for block in one.blocks]
    plain = all(not headings.section_kind(one.title) or headings.section_kind(one.title) == "steps" for one in sections)
    lists = any(block.kind == "list" and block.ordered for block in blocks)
    spoken = any(block.prose and headings.label_kind(label_of(block.prose)[0]) == "symptoms" for block in blocks)
    return plain and not lists and not spoken and any(block.kind == "fence" for block in blocks)
