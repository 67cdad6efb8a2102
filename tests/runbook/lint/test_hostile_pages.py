"""Pages that were damaged or made to hurt: lint never breaks, never hangs, and names no line that is not there."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from fireline.runbook.lint.checking import check, judge, rules
from fireline.runbook.lint.formats import github, sarif
from fireline.runbook.lint.world import World

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*/runbook.md"))
PAGES = [one.read_bytes().decode() for one in CORPUS if one.stat().st_size < 12_000]
EXAMPLES = int(os.environ.get("FIRELINE_HOSTILE_EXAMPLES", "15"))  # more of them by hand
SECONDS = 30.0  # for one page, on a machine that does much else
ODD = (
    "\0", "\x1b[31m", "\r", "\u202e", "\ufeff", "```", "~~~~", "````bash", "\n\n---\n", "> ", "    ", "\t", "<!--", "-->", "$(", "`", "'", '"',
    "<<EOF\n", "\\", "|", ";", "${", "[", "](", "{{", "<a href=", "$$", "/*", "--", "\n# x\n", "\n1. ", "*" * 40, "_" * 40, "((((", "é" * 3, "%0A::error::",
    "<!-- fireline: ignore -->", "<!-- fireline: ignore ,,a -->", "\U0001f525", "\ud7ff", "\u2028", "\x85", "\x0c",
)  # fmt: skip


@some.composite
def pages(draw: some.DrawFn) -> str:
    """A page of the corpus after a few accidents: cut, doubled, swapped, joined with another, with odd things put in."""
    text = draw(some.sampled_from(PAGES))
    for _ in range(draw(some.integers(1, 5))):
        at, end = sorted((draw(some.integers(0, len(text))), draw(some.integers(0, len(text)))))
        kind = draw(some.integers(0, 5))
        if kind == 0:
            text = text[:at] + text[end:]
        elif kind == 1:
            text = text[:end] + text[at : min(end, at + 3000)] + text[end:]
        elif kind == 2:
            text = text[:at] + draw(some.sampled_from(ODD)) + text[at:]
        elif kind == 3:
            lines = text.split("\n")
            one, other = draw(some.integers(0, len(lines) - 1)), draw(some.integers(0, len(lines) - 1))
            lines[one], lines[other] = lines[other], lines[one]
            text = "\n".join(lines)
        elif kind == 4:
            text = text[:at] + draw(some.sampled_from(PAGES))[at:end] + text[at:]
        else:
            text = text.replace("```", draw(some.sampled_from(("~~~", "````", "``", "```sql", "   ```", "> ```"))), 2)
    return text[:40_000]


@settings(max_examples=EXAMPLES)
@given(pages())
def test_no_damage_to_a_page_breaks_a_lint(text: str) -> None:
    path = Path("a.md")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    begun = time.monotonic()
    report = judge({path: text}, World())
    assert time.monotonic() - begun < SECONDS
    assert [one.why for _, one in report.unknown if one.why.startswith("the rule broke")] == []
    last = text.count("\n") + 1
    assert all(1 <= one.line <= last and one.column >= 1 for one in report.findings)
    assert all(1 <= one.line <= last for _, one in report.unknown)
    json.loads(json.dumps(report.json()))
    json.loads(json.dumps(sarif.document(report, rules(), Path.cwd())))
    for line in github.lines(report, Path.cwd()):
        assert line.startswith("::")
        assert "\n" not in line
        assert "\r" not in line


def test_odd_files_are_findings_and_no_end(tmp_path: Path) -> None:
    page = b"# Restore\n\n1. Look\n\n   ```bash\n   pg_dump shop | gzip > x.gz\n   ```\n2. Done\n"
    kinds = {
        "good.md": page, "nul.md": page + b"\0\0\n", "bytes.md": page + b"\xff\xfe\n", "utf16.md": page.decode().encode("utf-16"),
        "bom.md": b"\xef\xbb\xbf" + page, "cr.md": page.replace(b"\n", b"\r"), "big.md": page * 100_000, "empty.md": b"",
        "aliases.md": b"---\na: &a [x,x]\nb: &b [*a,*a]\n---\n" + page,
    }  # fmt: skip
    for name, text in kinds.items():
        (tmp_path / name).write_bytes(text)
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "loop.md").symlink_to("loop.md")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "zero.md").symlink_to("/dev/zero")
    names = [*kinds, "pipe.md", "loop.md", "folder.md", "zero.md", "gone.md"]
    report = check([tmp_path / name for name in names], World())
    unread = {Path(one.file).name for one in report.findings if one.rule == "unreadable"}
    assert unread >= {
        "bytes.md",
        "utf16.md",
        "big.md",
        "empty.md",
        "pipe.md",
        "loop.md",
        "folder.md",
        "zero.md",
        "gone.md",
    }
    assert not unread & {"good.md", "nul.md", "bom.md", "cr.md", "aliases.md"}
    assert all("\n" not in one.message for one in report.findings)


@pytest.mark.parametrize(
    "text",
    [
        "# T\n\n1. " + "a" * 300_000 + "\n",
        "# T\n\n```sql\nSELECT " + "(" * 5_000 + "1" + ")" * 5_000 + ";\n```\n",
        "# T\n\n```sql\nSELECT 1" + " UNION SELECT 1" * 3_000 + ";\n```\n",
        "# T\n\n```bash\n" + "$(" * 3_000 + "ls" + ")" * 3_000 + "\n```\n",
        "# T\n\n1. `ls`\n\n" + "<a href='" * 20_000 + "\n",
        "# T\n\n1. `ls`\n\n" + "[" * 20_000 + "<" * 20_000 + "`a " * 20_000 + "\n",
        "# T\n\n" + "".join("  " * depth + "- x\n" for depth in range(500)) + "\n1. `ls`\n",
        "# T\n\n" + "> - 1. " * 500 + "x\n\n1. `ls`\n",
        "# T\n\n1. `ls`\n\n" + "<!-- fireline: ignore a" + ",b" * 20_000 + "<!--" * 20_000 + "\n",
        "---\n" + "{" * 5_000 + "\n---\n# T\n\n1. `ls`\n",
    ],
    ids=("letters", "brackets", "unions", "captures", "tags", "marks", "lists", "quotes", "comments", "braces"),
)
def test_what_is_deep_or_long_is_read_in_time(text: str) -> None:
    begun = time.monotonic()
    report = judge({Path("a.md"): text}, World())
    assert time.monotonic() - begun < SECONDS
    assert [one.why for _, one in report.unknown if one.why.startswith("the rule broke")] == []
