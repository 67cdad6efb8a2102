"""Writes docs/rules/ from the lint rules themselves: a page for each, and the index. `--check` only compares."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from fireline.runbook.lint.checking import of_text, rules
from fireline.runbook.lint.rule import Rule

DOCS = Path(__file__).resolve().parent.parent / "docs" / "rules"
AREAS = {"sql": "SQL", "shell": "Shell", "document": "The document"}
NEEDS = {
    "target": "a database: `--target`, `--dsn` or `--migrations`",
    "migrations": "the migrations of `--migrations`",
    "tools": "what the programs of this machine say of themselves, or the tables that Fireline brings",
    "files": "the files around the runbook",
    "store": "a running store, for what post-mortems asked for",
}
INDEX = """# Lint rules

What `fireline lint` looks for; how it works is in [Lint](../lint.md). An error fails or does the wrong thing as written,
a warning will bite at night, information is advice. This page and those it leads to are written by `scripts/docs`.
"""


def pages() -> dict[str, str]:
    """Every page by its file name."""
    known = rules()
    return {"index.md": _index(known), **{f"{name}.md": _page(one) for name, one in known.items()}}


def _index(known: Mapping[str, Rule]) -> str:
    parts = [INDEX]
    for area, title in AREAS.items():
        rows = [one for one in known.values() if one.area == area]
        lines = "".join(f"| [{one.id}]({one.id}.md) | {_severities(one)} | {_cell(one.summary)} |\n" for one in rows)
        parts.append(f"\n## {title}\n\n| rule | severity | what it finds |\n| --- | --- | --- |\n{lines}")
    return "".join(parts)


def _severities(one: Rule) -> str:
    return f"{one.severity}, at times {' or '.join(one.at_times)}" if one.at_times else one.severity


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _page(one: Rule) -> str:
    area = AREAS[one.area] if one.area == "sql" else AREAS[one.area].lower()
    needs = "".join(f" It needs {NEEDS[need]}; without it, it says what it did not check." for need in one.needs)
    said = list(_said(one))
    found = "\n".join(["", "It says:", "", *said, ""]) if said else ""
    return (
        f"# {one.id}\n\n{one.summary}.\n\n**{_severities(one).capitalize()}**, {area}.{needs}\n\n"
        f"## Why\n\n{one.why.strip()}\n\n## Found\n\n{_fenced(one.bad)}\n{found}\n## Right\n\n{_fenced(one.good)}\n\n"
        f"## To leave one as it is\n\nWrite a comment in the line above, best with the reason:\n\n"
        f"```markdown\n<!-- fireline: ignore {one.id}: why -->\n```\n\n"
        f"In a fence it is `# fireline: ignore {one.id}` or `-- fireline: ignore {one.id}`. All rules: [index](index.md).\n"
    ).replace("..\n", ".\n")


def _fenced(text: str) -> str:
    return f"````markdown\n{text.strip()}\n````"


def _said(one: Rule) -> Iterator[str]:
    """What the rule says of its example, where it needs nothing beside it."""
    if set(one.needs) - {"files"}:
        return
    for found in of_text(one.bad, "/runbooks/outage.md", only=[one.id]):  # where nothing is beside it
        yield f"- line {found.line}: {found.message}." + (f" {found.suggestion}" if found.suggestion else "")


def main() -> int:
    """Write the pages and take away those of rules that are gone; with --check print what differs, and 1 when it does."""
    wanted, stale = pages(), False
    gone = [one for one in DOCS.glob("*.md") if one.name not in wanted]
    for file, page in [*((DOCS / name, page) for name, page in wanted.items()), *((one, "") for one in gone)]:
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        if before == page and file.exists():
            continue
        stale = True
        if "--check" in sys.argv:
            print(
                *difflib.unified_diff(before.splitlines(), page.splitlines(), str(file), "now", lineterm=""), sep="\n"
            )
        elif page:
            file.parent.mkdir(exist_ok=True)
            file.write_text(page, encoding="utf-8")
            print(f"wrote {file}")
        else:
            file.unlink()
            print(f"took away {file}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
