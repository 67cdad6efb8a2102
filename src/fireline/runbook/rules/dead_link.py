"""A link that leads to no file, or to no heading of it: at night nobody looks for where the page went."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fireline.runbook.lint.page import alike, anchors, more_links, sections
from fireline.runbook.lint.rule import Edit, Fault, Rule, Unknown
from fireline.runbook.lint.subject import Subject
from fireline.runbook.reading.links import root_of

_MARKDOWN = {".md", ".markdown", ".mdown", ".mkd", ".mdx"}
_TEMPLATE = re.compile(r"\{\{|\{%|\$\{|\$\(|<[^>]*>")
_LINE_OF_FILE = re.compile(r"l\d+(?:-l?\d+)?", re.IGNORECASE)
_UP = re.compile(r"\b(?:top|up|back|oben|anfang|haut|inicio|arriba)\b", re.IGNORECASE)
_NOT_SEARCHED = {".git", ".hg", "node_modules", ".venv", "venv", "__pycache__", ".terraform"}
_MOST_NAMES = 20_000
_MOST_BYTES = 5_000_000


def look(subject: Subject) -> Iterator[Fault | Unknown]:
    """Every link within the file system, and every anchor, that leads nowhere."""
    told = {(one.href, one.line): one.text for one in subject.book.links}
    for href, line in more_links(subject.text):
        told.setdefault((href, line), "")
    for (href, line), text in sorted(told.items(), key=lambda one: one[0][1]):
        said = _judge(subject, href, text, line)
        if said is not None:
            yield said


def _judge(subject: Subject, href: str, text: str, line: int) -> Fault | Unknown | None:
    try:
        parts = urlsplit(href)
    except ValueError:
        return None
    path, fragment = unquote(parts.path), unquote(parts.fragment)
    if parts.scheme or parts.netloc or _TEMPLATE.search(unquote(href)):
        return None
    shown = f"“{text}”" if text else f"`{href}`"
    at = subject.column(line, href) if href else 1
    if not path and not fragment:
        if parts.query or _UP.search(text) or not text:
            return None
        return Fault(line, f"{shown} is a link that leads nowhere", at, suggestion="Put in where it leads.",
                     severity="warning")  # fmt: skip
    if not path:
        return _no_heading(subject, href, fragment, subject.text, "this page", shown, line)
    if not subject.world.files:
        return Unknown(line, f"link to {href}", "files are not looked at")
    if path.startswith("/") and root_of(subject.path) is None:
        return Unknown(line, f"link to {href}", "the file stands in no repository, so nobody knows where / is")
    target = _target(path, subject.path)
    if target is None:
        return _dead(subject, href, path, shown, line, at)
    return _in_other(subject, target, href, fragment, shown, line)


def _in_other(subject: Subject, target: Path, href: str, fragment: str, shown: str, line: int) -> Fault | None:
    """Whether the heading that is meant stands in another page."""
    if not fragment or target.suffix.lower() not in _MARKDOWN or _LINE_OF_FILE.fullmatch(fragment):
        return None
    try:
        fence = (root_of(subject.path) or subject.path.parent).resolve()
        if not target.is_file() or target.stat().st_size > _MOST_BYTES or not target.resolve().is_relative_to(fence):
            return None
        page = re.sub(r"\r\n?", "\n", target.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return None
    return _no_heading(subject, href, fragment, page, target.name, shown, line)


def _no_heading(
    subject: Subject, href: str, fragment: str, page: str, name: str, shown: str, line: int
) -> Fault | None:
    """The fault of an anchor that a page does not have, with the one that is nearest to it."""
    if alike(fragment) in anchors(page) or fragment.lower() == "top":
        return None
    near = get_close_matches(fragment.lower(), [one.anchor for one in sections(page) if one.level], 1, 0.75)
    suggestion = "Name the heading that is meant."
    edits: tuple[Edit, ...] = ()
    if near:
        suggestion = f"There is #{near[0]}: link to that."
        edits = _changed(subject, line, href, f"{href.partition('#')[0]}#{near[0]}")
    at = subject.column(line, href)
    said = f"{shown} leads to #{fragment}, and no heading of {name} is called that"
    return Fault(line, said, at, suggestion=suggestion, edits=edits)


def _changed(subject: Subject, line: int, old: str, new: str) -> tuple[Edit, ...]:
    text = subject.lines[line - 1]
    return (Edit(line, line, text.replace(old, new, 1)),) if old in text else ()


def _target(path: str, file: Path) -> Path | None:
    """The file that a link means, as a folder, a wiki or a site generator finds it; None when there is none."""
    root = root_of(file)
    bases = [file.parent]
    if path.startswith("/"):
        folders = [file.resolve().parent, *file.resolve().parent.parents]
        bases = [one for one in folders if root is not None and (one == root or root in one.parents)]
    for base in bases:
        plain = base / path.lstrip("/")
        stem = plain.with_suffix("") if plain.suffix in (".html", ".htm") else plain
        ways = [plain, *(stem.with_name(stem.name + ending) for ending in (".md", ".mdx", ".markdown"))]
        for way in ways if plain.name else [plain]:
            try:
                if way.exists():
                    return way
            except (OSError, ValueError):
                continue
    return None


def _dead(subject: Subject, href: str, path: str, shown: str, line: int, at: int) -> Fault:
    if re.match(r"www\.[\w-]+\.", path):
        whole = subject.lines[line - 1].replace(href, f"https://{href}", 1)
        return Fault(line, f"{shown} leads to {href}, which is read as a file because https:// is missing", at,
                     suggestion="Write https:// before it.", edits=(Edit(line, line, whole),))  # fmt: skip
    near = _elsewhere(subject.path, Path(path).name)
    edits: tuple[Edit, ...] = ()
    suggestion = "Write the document, or take the link away."
    if near:
        suggestion = f"There is {near}: is that meant?"
        if near.count("../") <= path.count("../"):  # no further away than what was meant
            edits = _changed(subject, line, href, href.replace(urlsplit(href).path, near.replace(" ", "%20"), 1))
    return Fault(line, f"{shown} leads to {path}, which does not exist", at, suggestion=suggestion, edits=edits)


def _elsewhere(file: Path, name: str) -> str | None:
    """The only file of that name in the repository, as seen from the runbook."""
    root = root_of(file)
    if root is None or not name:
        return None
    found = _names(root, root.stat().st_mtime_ns).get(name.casefold(), ())
    return os.path.relpath(found[0], file.resolve().parent) if len(found) == 1 else None


@lru_cache(maxsize=4)
def _names(root: Path, changed_at: int) -> dict[str, tuple[str, ...]]:
    """The files of a repository by their names; empty when there are too many. changed_at: so that it is read again."""
    del changed_at
    found: dict[str, tuple[str, ...]] = {}
    count = 0
    for folder, folders, files in os.walk(root):
        folders[:] = [one for one in folders if one not in _NOT_SEARCHED]
        count += len(files)
        if count > _MOST_NAMES:
            return {}
        for one in files:
            found[one.casefold()] = (*found.get(one.casefold(), ()), str(Path(folder) / one))
    return found


rule = Rule(
    id="dead-link",
    area="document",
    severity="error",
    at_times=("warning",),
    summary="A link that leads to no file or no heading",
    why=(
        "“See the rollback procedure for detailed steps” is all that some procedures say. When the page is not there, there is no "
        "procedure. Links to files are looked up beside the runbook and from the repository's root, as GitHub, wikis and site "
        "generators do; anchors are looked up in this page and in the page they lead to. Addresses on the web are not asked."
    ),
    bad="# Outage\n\n1. **Roll back**, see [the procedure](ROLLBACK_PROCEDURE.md).\n2. **Tell everyone**, see [whom](#contacts).\n",
    good=(
        "# Outage\n\n1. **Roll back**, see [below](#roll-back).\n\n## Roll back\n\n"
        "1. **Deploy the last good version**, see <https://example.com/deploys>.\n"
    ),
    look=look,
)
