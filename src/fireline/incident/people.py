"""Who acts: a person through a door, a source, or Fireline itself."""

from __future__ import annotations

from dataclasses import dataclass

RANK = {"viewer": 0, "responder": 1, "admin": 2}


@dataclass(frozen=True)
class Actor:
    """Somebody or something that acts; `name` is what stands in the rows.

    kind: person, source or system. door: cli, page, api, mail or system. role: viewer, responder or admin.
    The same person through another door is the same person: rows compare `name` alone.
    """

    name: str
    kind: str = "person"
    role: str = "responder"
    door: str = "cli"

    @property
    def is_person(self) -> bool:
        """Whether approvals and decisions may be this actor's."""
        return self.kind == "person"

    def may(self, role: str) -> bool:
        """Whether this actor has at least the role."""
        return self.kind == "system" or RANK[self.role] >= RANK[role]


FIRELINE = Actor("fireline", kind="system", role="admin", door="system")
