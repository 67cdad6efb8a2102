"""A step that loses data, and the file does not say who must agree to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.lint.losing.fences import losses
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.steps.purpose import gives_way_back, said
from fireline.runbook.lint.subject import Subject

_AGREED = re.compile(
    r"\b(?:approv\w*|sign(?:ed)?[ -]?off|consent|permission|second (?:person|pair|engineer)|two (?:people|persons|engineers)|four eyes"
    r"|agree\w*|authori[sz]\w*|confirm with|ask (?:the|your)|incident (?:commander|manager|lead)|genehmig\w*|freigabe|zustimmung"
    r"|vier ?augen|approbation|accord|validation du|aprobacion|autoriz\w*|aprovacao)\b"
)


def look(subject: Subject) -> Iterator[Fault]:
    """Every destructive command whose step neither bears a level nor an approval."""
    matter = subject.book.front_matter
    annotated = "fireline" in matter
    policy = matter.get("approvals")
    if isinstance(policy, dict) and "destructive" in policy:
        return
    for command in subject.commands:
        step = command.step
        if command.role not in ("action", "alternative") or step.level == "destructive" or step.approve:
            continue
        if step.level == "reversible" and gives_way_back(step):
            continue  # the author has thought about it
        if _AGREED.search(said(step)) or _AGREED.search(command.procedure.text.casefold()):
            continue
        for line, why in losses(subject, command)[:1]:
            yield Fault(
                line,
                f"{why}, and nothing says who must agree to it",
                step=step.key,
                suggestion="Mark the fence {level=destructive approve=1}, or say `approvals:` in the front matter.",
                severity="warning" if annotated else "info",
            )


rule = Rule(
    id="destructive-without-approval",
    area="document",
    severity="warning",
    at_times=("info",),
    summary="A destructive step without a word about approval",
    why=(
        "Fireline asks for an approval of every step that is not proved to only read, whatever the file says. By hand nobody asks. A "
        "warning in a file that is annotated for Fireline and leaves this step out; in a plain one only for information."
    ),
    bad="---\nfireline: 1\n---\n\n# Disk full\n\n1. **Make room:**\n   ```sql {name=room}\n   TRUNCATE audit_log;\n   ```\n",
    good=(
        "---\nfireline: 1\n---\n\n# Disk full\n\n1. **Make room:**\n   ```sql {name=room level=destructive approve=2:dba}\n"
        "   TRUNCATE audit_log;\n   ```\n"
    ),
    look=look,
)
