"""What an author wants to stay as it is: a comment in the file that names rules, for the next line, a line, or the whole file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# <!-- fireline: ignore dead-link, placeholder: why -->  before the line (or on it); ignore-file for all of it.
# In a fence: `# fireline: ignore eval` or `-- fireline: ignore change-without-where`.
# Above a fence, in whose commands no such comment can stand, it counts for all of the fence.
_NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_COMMENT = re.compile(
    rf"(?:<!--|#|--|//)\s*fireline:\s*(ignore-file|ignore)\s+({_NAME}(?:\s*,\s*{_NAME})*)", re.IGNORECASE
)
_BARE = re.compile(r"^\s*(?:<!--(?:(?!-->).)*(?:-->)?|#.*|--.*|//.*)\s*$")
_FENCE = re.compile(r"^\s*(?:(?:>|[-*+]|\d+[.)])\s+)*(`{3,}|~{3,})")


@dataclass(frozen=True)
class Ignored:
    """Which rules do not count where."""

    everywhere: frozenset[str] = frozenset()
    lines: dict[int, frozenset[str]] = field(default_factory=dict)

    def holds(self, rule: str, line: int) -> bool:
        """Whether this rule does not count on this line."""
        return rule in self.everywhere or rule in self.lines.get(line, frozenset())


def ignored(text: str) -> Ignored:
    """Read the comments. One that stands alone counts for what follows it, another for its own line."""
    everywhere: set[str] = set()
    lines: dict[int, set[str]] = {}
    written = text.split("\n")
    for at, line in enumerate(written):
        for found in _COMMENT.finditer(line):
            names = {name.strip().lower() for name in found[2].split(",")}
            if found[1].lower() == "ignore-file":
                everywhere |= names
                continue
            for number in (at, *(_meant(written, at) if _BARE.match(line) else ())):
                lines.setdefault(number + 1, set()).update(names)
    return Ignored(frozenset(everywhere), {line: frozenset(names) for line, names in lines.items()})


def _meant(written: list[str], at: int) -> range:
    """What a comment that stands alone is about: the next line of content, or the whole fence that begins there."""
    if written[at].lstrip().startswith("<!--"):
        while at < len(written) - 1 and "-->" not in written[at]:
            at += 1
    at += 1
    while at < len(written) and (
        not written[at].strip() or (_BARE.match(written[at]) and _COMMENT.search(written[at]))
    ):
        at += 1
    opened = _FENCE.match(written[at]) if at < len(written) else None
    if opened is None:
        return range(at, at + 1)
    closing = re.compile(rf"^[\s>]*{re.escape(opened[1][0])}{{{len(opened[1])},}}\s*$")
    end = next((number for number in range(at + 1, len(written)) if closing.match(written[number])), len(written) - 1)
    return range(at, end + 1)
