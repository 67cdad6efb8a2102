"""Text that others wrote, made safe to stand in Markdown: it shows as it was written and never as structure."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$])")
_BEGINNING = re.compile(r"^(?:([#+=>-])|(\d+)([.)]))")


def escape(text: str) -> str:
    """The text on one line, for a place inside a sentence, a list item or a table cell."""
    line = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return _BEGINNING.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", line)


def code(text: str) -> str:
    """The text on one line as code, whatever backticks are in it; a bar stays a bar outside of tables only."""
    line = " ".join(text.split())
    if not line:
        return ""
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def block(text: str, *, language: str = "", indent: str = "") -> str:
    """The text as a fenced block, whatever fences are in it."""
    fence = "`" * max(3, _longest_run(text) + 1)
    lines = [f"{fence}{language}", *text.rstrip().splitlines(), fence]
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
