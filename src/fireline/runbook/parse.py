"""Read a Markdown file as a runbook. What is not understood stays text and becomes a note; hardly anything is an error."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from fireline.errors import NoProcedure, RunbookError
from fireline.runbook.document import Link, Placeholder, Procedure, Runbook
from fireline.runbook.language import placeholders
from fireline.runbook.page import frontmatter
from fireline.runbook.page.outline import MOST_LINES, Block, Outline, Section, outline, slug
from fireline.runbook.page.prose import Prose
from fireline.runbook.reading import directory, links, sections, steps

LARGEST = 5_000_000  # bytes


def read(path: Path | str, *, by_hand: bool = True) -> Runbook:
    """The runbook in a file; RunbookError when it can not be read, is no text, is too large, or holds no procedure.

    by_hand: a page with no other commands than such as nothing here runs is a runbook too: a person carries it out.
    """
    file = Path(path)
    raw = _bytes_of(file)
    return _parse(_decoded(raw, file), str(file), hashlib.sha256(raw).hexdigest(), by_hand=by_hand)


def text_of(path: Path) -> str:
    """The text of a file with a line feed at the end of each line; RunbookError when it can not be read or is no text."""
    return re.sub(r"\r\n?", "\n", _decoded(_bytes_of(path), path))


def _bytes_of(file: Path) -> bytes:
    try:
        about = file.stat()
        size = about.st_size
        if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):  # a pipe may never end
            raise RunbookError(f"{file} is no regular file", hint="Save it as a file first.")
        if size > LARGEST:
            raise RunbookError(f"{file} has {size / 1e6:.1f} MB", hint="A runbook has at most 5 MB; split it.")
        return file.read_bytes()
    except OSError as unreadable:
        raise RunbookError(
            f"{file}: {(unreadable.strerror or str(unreadable)).lower()}", hint="Check the path and who may read it."
        ) from unreadable


def _decoded(raw: bytes, file: Path) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise RunbookError(
            f"{file} is not UTF-8: byte {wrong.start}", hint="Save it as UTF-8; a runbook is a Markdown text."
        ) from None


def parse_text(text: str, path: str = "runbook.md", *, by_hand: bool = True) -> Runbook:
    """The runbook in a text, as if it stood in `path`; RunbookError when it holds no procedure. by_hand: as of `read`."""
    raw = text.encode("utf-8", "replace")
    if len(raw) > LARGEST:
        raise RunbookError(f"{path} has {len(raw) / 1e6:.1f} MB", hint="A runbook has at most 5 MB; split it.")
    return _parse(raw.decode("utf-8").removeprefix("\ufeff"), path, hashlib.sha256(raw).hexdigest(), by_hand=by_hand)


def _parse(text: str, path: str, revision: str, *, by_hand: bool) -> Runbook:
    matter, body, notes = frontmatter.split(re.sub(r"\r\n?", "\n", text))
    page = outline(body)
    document = _document(page.root)
    sketches = list(sections.find(page.root, document))
    if by_hand and not any(one.kind == "procedure" for one in sketches):
        sketches = list(sections.find(page.root, document, by_hand=True))
    declared = matter.get("params")
    made = [steps.procedure(one, declared if isinstance(declared, dict) else {}) for one in sketches]
    sources = [source for one in sketches for source in one.sketch.sources]
    notes += [note for _, more in made for note in more]
    title = _title(page.root, document, matter, path)
    found = _unique([procedure for procedure, _ in made], title)
    if not any(one.kind == "procedure" for one in found):
        raise NoProcedure(
            f"{path} holds no procedure",
            hint="A procedure is a heading with a numbered list or a command under it.",
        )
    runbook = Runbook(
        path=path,
        revision=revision,
        title=title,
        front_matter=matter,
        procedures=tuple(one for one in found if one.kind == "procedure"),
        checklists=tuple(one for one in found if one.kind == "checklist"),
        detection=tuple(sources),
        notes=tuple(dict.fromkeys([*notes, *_unread(page)])),
    )
    return links.called(_with_directory(runbook, page), {}, {s.anchor: s.line for s in page.root.walk()})


def _document(root: Section) -> Section | None:
    """The heading that titles the whole file: the only one of the first level, and the first of all."""
    first = [section for section in root.children if section.level == 1]
    return first[0] if len(first) == 1 and root.children[0] is first[0] else None


def _title(root: Section, document: Section | None, matter: dict[str, object], path: str) -> str:
    """The file's own heading, else the title in its front matter, else its only heading, else its name."""
    named = matter.get("title")
    if document is not None and document.title:
        return document.title
    if isinstance(named, str) and named.strip():
        return named.strip()
    return root.children[0].title if len(root.children) == 1 and root.children[0].title else Path(path).stem


def _unread(page: Outline) -> list[str]:
    notes: list[str] = []
    if page.cut:
        notes.append(f"only the first {MOST_LINES} lines were read")
    if page.reader.given_up:
        notes.append("some paragraphs were read as text only: they are too long or hold too many brackets")
    return notes


def _unique(found: list[Procedure], title: str) -> list[Procedure]:
    """Each with an id of its own, and a title even where there is no heading."""
    seen: dict[str, int] = {}
    unique: list[Procedure] = []
    for one in found:
        named = one if one.title else replace(one, title=title, id=slug(title))
        count = seen[named.id] = seen.get(named.id, 0) + 1
        unique.append(replace(named, id=f"{named.id}-{count}") if count > 1 else named)
    return unique


def _with_directory(runbook: Runbook, page: Outline) -> Runbook:
    """The runbook with whom and what it names beside its procedures."""
    known = directory.severities(page.root)
    within, meant = directory.postmortem(page.root, known)
    anchors = {section.anchor for section in page.root.walk()}
    file = Path(runbook.path)
    return replace(
        runbook,
        severities=known,
        contacts=directory.contacts(page.root),
        channels=directory.channels(page.root),
        links=tuple(
            Link(text, href, line + offset, links.resolves(href, file, anchors))
            for line, prose in _proses(page.root)
            for text, href, offset in prose.links
        ),
        placeholders=_placeholders(page.root, runbook),
        postmortem_within=within,
        postmortem_for=meant,
    )


def _proses(root: Section) -> Iterator[tuple[int, Prose]]:
    """Every paragraph of the file with its line."""
    for section in root.walk():
        yield from _proses_of(section.blocks)


def _proses_of(blocks: list[Block]) -> Iterator[tuple[int, Prose]]:
    for block in blocks:
        if block.prose:
            yield block.line, block.prose
        for item in block.items:
            yield from _proses_of(item.blocks)
        for number, row in enumerate(block.rows):
            yield from ((block.line + number + (number > 0), cell) for cell in row)


def _placeholders(root: Section, runbook: Runbook) -> tuple[Placeholder, ...]:
    """What nobody filled in, in sentences and in commands, by line."""
    found = {
        (line + run.line, token)
        for line, prose in _proses(root)
        for run in prose.runs
        for token in (placeholders.in_prose(run.text) if run.code else placeholders.IN_PROSE.findall(run.text))
        if run.href is None
    }
    for procedure in (*runbook.procedures, *runbook.checklists):
        for step in procedure.steps:
            found |= {(one.line, one.token) for one in step.parameters if one.kind == "placeholder"}
    return tuple(Placeholder(token, line) for line, token in sorted(found))


def read_all(files: Iterable[Path | str], root: Path | None = None) -> list[Runbook]:
    """The runbooks in these files, and after them the documents they link to that hold procedures, one level deep.

    A link is followed only within `root`: by default the repository of the file, else its folder.
    Raises RunbookError for a file that was named, never for one that is only linked to.
    """
    named = {Path(file).resolve(): read(file) for file in files}
    linked, notes = links.load(named, root, partial(read, by_hand=False))
    everything = [*(replace(one, notes=(*one.notes, *notes.get(path, ()))) for path, one in named.items()), *linked]
    apart = _ids_apart(everything)
    by_path = {Path(one.path).resolve(): one for one in apart}
    return [links.called(one, by_path, {}) for one in apart]


def _ids_apart(runbooks: list[Runbook]) -> list[Runbook]:
    """The same runbooks, where a procedure whose id another file has already used bears its file's name before it."""
    seen: set[str] = set()
    apart: list[Runbook] = []
    for runbook in runbooks:
        procedures = tuple(
            replace(one, id=f"{slug(Path(runbook.path).stem)}/{one.id}") if one.id in seen else one
            for one in runbook.procedures
        )
        seen |= {one.id for one in procedures}
        apart.append(replace(runbook, procedures=procedures))
    return apart
