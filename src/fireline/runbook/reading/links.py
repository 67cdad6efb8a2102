"""Where the links of a runbook lead: whether the target exists, which procedure it is, and what linked files are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fireline.errors import RunbookError
from fireline.runbook.document import Procedure, Runbook, Step
from fireline.runbook.page.prose import Reader
from fireline.runbook.reading.draft import is_pointer

MOST_FILES = 50
MOST_BYTES = 20_000_000
_MARKDOWN = {".md", ".markdown", ".mdown", ".mkd"}
_ROOTS = (".git", ".hg", "fireline.toml")


def resolves(href: str, file: Path, anchors: set[str]) -> bool | None:
    """Whether a link leads to something that exists; None when it leads outside the file system."""
    path, fragment = _parts(href)
    if path is None:
        return None
    if not path:
        return fragment.lower() in anchors or fragment in ("", "top")
    target = _target(path, file)
    try:
        return target is not None and target.exists()
    except (OSError, ValueError):
        return False


def _parts(href: str) -> tuple[str | None, str]:
    """Path and fragment of a link; the path is None when it is no file's."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return None, ""
    if parts.scheme or parts.netloc:
        return None, ""
    return unquote(parts.path), unquote(parts.fragment)


def _target(path: str, file: Path) -> Path | None:
    """The file a link means; one that begins with a slash is seen from the repository's root."""
    if path.startswith("/"):
        root = root_of(file)
        return root / path.lstrip("/") if root else None
    return file.parent / path


def root_of(file: Path) -> Path | None:
    """The repository or project that a file stands in."""
    try:
        folders = file.resolve().parents
        return next((one for one in folders if any((one / name).exists() for name in _ROOTS)), None)
    except (OSError, ValueError, RuntimeError):
        return None


def load(
    named: Mapping[Path, Runbook], root: Path | None, read: Callable[[Path], Runbook]
) -> tuple[list[Runbook], dict[Path, list[str]]]:
    """The runbooks that the named ones link to, and notes for those whose links were not followed."""
    found: dict[Path, Runbook] = {}
    notes: dict[Path, list[str]] = {}
    left = MOST_BYTES
    seen = set(named)
    for file, runbook in named.items():
        fence = (root or root_of(file) or file.parent).resolve()
        for link in runbook.links:
            target = _file(link.href, file) if link.resolves else None
            if target is None or target in seen:
                continue
            seen.add(target)
            size = target.stat().st_size
            if not target.is_relative_to(fence):
                notes.setdefault(file, []).append(f"line {link.line}: {link.href} leads out of {fence}: not read")
            elif len(found) >= MOST_FILES or size > left:
                notes.setdefault(file, []).append(f"line {link.line}: {link.href} was not read: too many linked files")
            else:
                left -= size
                try:
                    found[target] = read(target)
                except RunbookError as unfit:
                    if "holds no procedure" not in unfit.message:
                        notes.setdefault(file, []).append(f"line {link.line}: {unfit.message}")
    return list(found.values()), notes


def _file(href: str, file: Path) -> Path | None:
    """The Markdown file behind a link, symbolic links followed; None when it is none."""
    path, _ = _parts(href)
    target = _target(path, file) if path else None
    try:
        real = target.resolve(strict=True) if target else None
        return real if real and real.is_file() and real.suffix.lower() in _MARKDOWN else None
    except (OSError, ValueError, RuntimeError):
        return None


def called(runbook: Runbook, others: Mapping[Path, Runbook], lines: Mapping[str, int]) -> Runbook:
    """The runbook with calls where a step does nothing but lead to a known procedure.

    others: all runbooks by file; lines: the headings of this one by their anchors.
    """

    def find(href: str | None) -> str | None:
        path, fragment = _parts(href) if href else (None, "")
        if path is None:
            return None
        if not path:
            line = lines.get(fragment.lower())
            return next((one.id for one in runbook.procedures if one.line == line), None)
        file = _file(href or "", Path(runbook.path))
        other = others.get(file) if file else None
        return _meant(other, fragment) if other else None

    def with_call(step: Step) -> Step:
        if step.kind != "manual" or step.call or not step.reference:
            return step
        prose = Reader({}).read(step.text)
        target = find(step.reference) if is_pointer(prose.plain, prose) else None
        return replace(step, kind="call", call=target) if target else step

    def linked(procedure: Procedure) -> Procedure:
        target = procedure.call or find(procedure.reference)
        return replace(
            procedure,
            steps=tuple(with_call(step) for step in procedure.steps),
            call=target if target != procedure.id else None,
        )

    return replace(runbook, procedures=tuple(linked(one) for one in runbook.procedures))


def _meant(runbook: Runbook, fragment: str) -> str | None:
    """The procedure a link into another file means: the one its anchor names, or the only one."""
    if fragment:
        wanted = fragment.lower().strip("-")
        return next((one.id for one in runbook.procedures if one.id.split("/")[-1] == wanted), None)
    return runbook.procedures[0].id if len(runbook.procedures) == 1 else None
