"""The documents: up to date with the program, without dead links, and without addresses of registries."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
IGNORED = {".git", ".venv", "node_modules", "__pycache__", "build", "dist", ".fireline"}
# In two pieces, so that this file does not hold what it looks for.
REGISTRIES = [a + b for a, b in (("pypi", ".org"), ("pythonhosted", ".org"), ("npmjs", ".org"), ("deb.debian", ".org"))]


def tracked() -> Iterator[Path]:
    """The project's own files."""
    for path in ROOT.rglob("*"):
        parts = set(path.relative_to(ROOT).parts)
        own = not parts & IGNORED and not any(
            part.startswith(".venv") or part.endswith(("_cache", ".egg-info", ".hypothesis")) for part in parts
        )
        if own and path.is_file():
            yield path


def anchors(page: Path) -> set[str]:
    """The places in a page that a link may lead to."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    titles = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def links(page: Path) -> Iterator[str]:
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        for inner in token.children or ():
            target = inner.attrGet("href") or inner.attrGet("src")
            if target:
                yield str(target)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    dead = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("script", ["reference.py", "rule_pages.py"])
def test_the_reference_pages_are_what_the_program_says(script: str) -> None:
    told = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, "--check"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, f"run scripts/docs\n{told.stdout}{told.stderr}"


def test_no_file_names_a_registry() -> None:
    """Which registry packages come from is the business of the machine that installs them."""
    word = re.compile("|".join(map(re.escape, REGISTRIES)).encode())
    assert [str(path) for path in tracked() if word.search(path.read_bytes())] == []
