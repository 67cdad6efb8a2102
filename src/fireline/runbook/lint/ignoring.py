"""What an author wants to stay as it is: a comment in the file that names rules, for the next line, a line, or the whole file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# <!-- fireline: ignore dead-link, placeholder: why -->  before the line (or on it); ignore-file for all of it.
# In a fence: `# fireline: ignore eval` or `-- fireline: ignore change-without-where`.
_COMMENT = re.compile(
    r"(?:<!--|#|--|//)\s*fireline:\s*(ignore|ignore-file)\s+([a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)", re.IGNORECASE
)
_BARE = re.compile(r"^\s*(?:<!--[^>]*-->|#.*|--.*|//.*)\s*$")


@dataclass(frozen=True)
class Ignored:
    """Which rules do not count where."""

    everywhere: frozenset[str] = frozenset()
    lines: dict[int, frozenset[str]] = field(default_factory=dict)

    def holds(self, rule: str, line: int) -> bool:
        """Whether this rule does not count on this line."""
        return rule in self.everywhere or rule in self.lines.get(line, frozenset())


def ignored(text: str) -> Ignored:
    """Read the comments. One that stands alone counts for the next line that is not blank, another for its own line."""
    everywhere: set[str] = set()
    lines: dict[int, set[str]] = {}
    written = text.split("\n")
    for number, line in enumerate(written, start=1):
        for found in _COMMENT.finditer(line):
            names = {name.strip().lower() for name in found[2].split(",")}
            if found[1].lower() == "ignore-file":
                everywhere |= names
                continue
            lines.setdefault(number, set()).update(names)
            if _BARE.match(line):
                after = next((n for n in range(number + 1, len(written) + 1) if written[n - 1].strip()), number)
                lines.setdefault(after, set()).update(names)
    return Ignored(frozenset(everywhere), {line: frozenset(names) for line, names in lines.items()})
