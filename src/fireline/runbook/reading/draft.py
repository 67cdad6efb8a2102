"""A step while it is read: what its item holds, before it has a key and a place among the others."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from fireline.runbook.document import Action
from fireline.runbook.language import commands
from fireline.runbook.page.outline import Block, Item
from fireline.runbook.page.prose import Prose, Run
from fireline.runbook.reading import fence, headings
from fireline.runbook.reading.fence import Fence
from fireline.runbook.reading.headings import NoteKind

LONGEST_TITLE = 120

_NEEDED = re.compile(
    r"\(?\b(?:(?:only )?(?:if|when|where|as) (?:needed|possible|required|necessary|applicable|available|appropriate|desired)"
    r"|(?:falls|wenn|soweit) (?:nötig|möglich|erforderlich|notwendig)|bei bedarf"
    r"|si (?:nécessaire|possible|besoin|es necesario|es posible|necessario|possibile)|se (?:necessario|possibile|necessário|possível))\b\)?"
    r"|\(optional(?:ly)?\)|^optional(?:ly)?\b(?=[:,])",
    re.IGNORECASE,
)
_IF = re.compile(r"\(?\b(?:only )?if\b[^.;:()]{2,80}\)?", re.IGNORECASE)
_WHETHER = re.compile(  # "check if it is up" asks, it decides nothing
    r"\b(?:check|see|verify|determine|confirm|know|ask|out|test|decide|tell|understand|assess|evaluate|monitor|identify"
    r"|look|as|even|what|and|or|ensure|validate|investigate|review|notice)\s+$",
    re.IGNORECASE,
)
_UNDO = re.compile(r"\s*([^\W\d][\w ]{2,20}):(?:\s|$)")  # also without being bold
_CLAUSE = re.compile(r"[.;](?:\s|$)|:")


@dataclass
class Draft:
    """One step being read."""

    title: str
    line: int
    lead: str = ""  # what the decision words are looked for in
    texts: list[str] = field(default_factory=list)
    fences: list[tuple[Fence, str]] = field(default_factory=list)  # and the words that introduce it
    checklist: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    expect: list[str] = field(default_factory=list)
    undos: list[tuple[int, str]] = field(default_factory=list)  # after how many fences it was said, and what
    stop_when: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    listed: bool = True  # an item of a list, not a lone fence
    pending: NoteKind | None = None  # the next fence belongs to the label just read

    def paragraph(self, prose: Prose) -> None:
        """Take in a paragraph: its annotations, its links, its text."""
        self.texts.append(prose.raw)
        self.links += [(text, href) for text, href, _ in prose.links]
        self.pending = None
        for kind, runs in notes_in(prose):
            words = " ".join("".join(run.text for run in runs).split()).strip(" :")
            self.pending = kind if kind in ("undo", "verify") else None
            if kind == "expect":
                self.expect += [run.text for run in runs if run.code]
            elif kind == "undo":
                self.undos.append((len(self.fences), words or "see the command"))
            elif kind == "stop_when":
                self.stop_when.append(words)

    def undo_of(self, place: int) -> str | None:
        """What is said about taking back the fence at this place: by the next words on it, which may be about several fences."""
        alone = sum(read.role == "do" for read, _ in self.fences) <= 1
        said = [words for after, words in self.undos if after > place or after == 0 or alone]
        return said[-1 if alone else 0] if said else None

    def fence(self, block: Block, words: str = "") -> Fence:
        """Take in a fence; `words` introduce it."""
        read = fence.read(block)
        if self.pending in ("undo", "verify") and read.role == "do" and read.runs:
            read = Fence(read.action, "undo" if self.pending == "undo" else "verify", None, read.notes)
        if read.runs:
            self.fences.append((read, words))
        else:
            why = fence.by_hand(block)
            self.notes += [f"line {block.line}: to be run by hand: {why}"] if why else []
            self.texts.append(f"```{block.info}\n{read.action.command}\n```")
        self.notes += read.notes
        return read

    def nested(self, block: Block) -> None:
        """Take in a list within the item: something to tick each, or smaller steps with fences of their own."""
        for item in block.items:
            prose = item.prose
            words = prose.plain if prose else ""
            if prose:
                self.links += [(text, href) for text, href, _ in prose.links]
            runnable = [one for one in item.blocks if one.kind == "fence"]
            for one in runnable:
                self.fence(one, words)
            if words and not runnable and not is_pointer(words, prose):
                self.checklist.append(headings.plain_task(words))
            for one in item.blocks:
                if one.kind == "list":
                    self.nested(one)

    def block(self, block: Block, words: str = "") -> None:
        """Take in whatever stands in the item; `words` introduce a fence."""
        if block.kind == "paragraph" and block.prose:
            meant = as_fence(block) if self.title else None
            if meant is not None:
                self.fence(meant)
            else:
                self.paragraph(block.prose)
        elif block.kind == "fence":
            self.fence(block, words)
        elif block.kind == "list":
            self.nested(block)
        elif block.kind == "table":
            self.texts.append("\n".join(" | ".join(cell.raw for cell in row) for row in block.rows))


def of_item(item: Item) -> Draft:
    """The draft of a list's item."""
    prose = item.prose
    draft = Draft(title_of(prose) if prose else "", item.line, clause_of(prose) if prose else "")
    for block in item.blocks:
        draft.block(block)
    if not draft.title and draft.fences:
        draft.title = draft.fences[0][0].action.title
    return draft


def as_fence(block: Block) -> Block | None:
    """A paragraph that was meant as code and stands one blank too far out, or too far in, to be it; None for another."""
    if not block.indented or block.prose is None or not commands.is_shell(block.prose.raw):
        return None
    return Block("fence", block.line, info="bash", content=block.prose.raw + "\n", first=block.line)


def notes_in(prose: Prose) -> list[tuple[NoteKind | None, list[Run]]]:
    """The paragraph cut at its annotations; what stands before the first has no kind."""
    parts: list[tuple[NoteKind | None, list[Run]]] = [(None, [])]
    for number, run in enumerate(prose.runs):
        following = prose.runs[number + 1].text if number + 1 < len(prose.runs) else ""
        kind = headings.note_kind(run.text) if run.strong and len(run.text) < 40 else None  # noqa: PLR2004 - no label is longer
        plain = (
            _UNDO.match(run.text) if not run.strong and (not number or run.line > prose.runs[number - 1].line) else None
        )
        if plain and headings.note_kind(plain[1]) == "undo":
            parts.append(("undo", [replace(run, text=run.text[plain.end() :])]))
        elif kind and (kind == "if" or run.text.rstrip().endswith(":") or following.startswith(":")):
            parts.append((kind, []))
        else:
            parts[-1][1].append(run)
    return parts


def title_of(prose: Prose) -> str:
    """The bold lead, else the first sentence of the first line."""
    lead = prose.lead
    if not lead or headings.note_kind(lead):
        line = headings.plain_task(prose.first_line)
        lead = re.split(r"(?<=[.!?])\s|:\s|:$", line, maxsplit=1)[0]
        lead = _NEEDED.sub("", lead) if _NEEDED.search(lead) and "(" in lead else lead
    lead = " ".join(lead.split()).strip(" :.–—-")
    return lead if len(lead) <= LONGEST_TITLE else lead[: LONGEST_TITLE - 1].rstrip() + "…"


def clause_of(prose: Prose) -> str:
    """The first clause of the item: the only place where an `if` decides about the step itself."""
    words = headings.plain_task("".join(run.text for run in notes_in(prose)[0][1]).strip())
    end = _CLAUSE.search(words)
    return words[: end.start() if end else 200][:200]


def decision_in(clause: str) -> str | None:
    """The words that leave the step to a person: if needed, (if possible)."""
    needed = _NEEDED.search(clause)
    if needed:
        return _balanced(needed[0])
    for found in _IF.finditer(clause):
        if not _WHETHER.search(clause[: found.start()]):
            leads = not clause[: found.start()].strip()  # “If it lags, fail over”: the words up to the comma
            return _balanced(found[0].partition(",")[0] if leads else found[0])
    return None


def _balanced(words: str) -> str:
    """The words without a bracket that has no twin."""
    words = words.strip(" ,")
    return words if words.startswith("(") == words.endswith(")") else words.strip("()")


_POINTER = re.compile(
    r"(?:(?:see|follow|run|go to|perform|execute|use|apply|continue with|siehe|folge|voir|ver|véase)\b[\s:]*(?:the |also )?)?",
    re.I,
)


def is_pointer(words: str, prose: Prose | None) -> bool:
    """Whether a paragraph does nothing but lead elsewhere: See [X](path) for details."""
    if prose is None or not prose.links:
        return False
    text = prose.links[0][0]
    before, _, after = words.partition(text)
    before = before.rpartition(":")[2].lstrip()
    rest = after.strip(" .:)")
    return bool(_POINTER.fullmatch(before)) and (not rest or rest.startswith(("for ", "to ", "für ", "pour ", "para ")))


def says_nothing(action: Action) -> bool:
    """Whether a command is only comments and blank lines."""
    marks = {"bash": "#", "sql": "--"}.get(action.language, "\0")
    return all(not line.strip() or line.strip().startswith(marks) for line in action.command.split("\n"))
