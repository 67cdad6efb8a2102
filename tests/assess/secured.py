"""A database with row security, made up: its roles, one table with its policy, and a look at them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fireline.assess.checks.policies import Function, Policies, Policy, Relation, Role
from fireline.assess.follow_ups.exposure import Exposure, Seen
from fireline.assess.snapshot import Snapshot
from tests.assess.given import look

READ = ("SELECT",)
OWN_ROWS = Policy("own rows", "*", oid=70, print="abc")
_ROLES = (
    Role("owner", login=True),
    Role("web", login=True),
    Role("door", login=True, member_of=("visitor",)),
    Role("visitor"),  # whom strangers act as: the door switches into it
    Role("root", login=True, superuser=True),
)


def table(**changed: Any) -> Relation:
    """A table whose policy holds for the role web."""
    made = Relation(
        7, "public", "notes", owner="owner", secured=True, rows=1000, grants={"web": READ}, policies=(OWN_ROWS,)
    )
    return replace(made, **changed)


def policies(*relations: Relation, roles: tuple[Role, ...] = (), functions: tuple[Function, ...] = ()) -> Policies:
    """What decides who sees which rows; `roles` are added, or stand in for those of the same name."""
    return Policies({one.name: one for one in (*_ROLES, *roles)}, relations=relations, functions=functions)


def seeing(
    *relations: Relation, symptom: str = "", roles: tuple[Role, ...] = (), functions: tuple[Function, ...] = (), **more: Any
) -> Snapshot:  # fmt: skip
    """A look while the role web is connected."""
    snapshot: Snapshot = look(symptom, policies=policies(*relations, roles=roles, functions=functions), **more)
    return snapshot


def trial(role: str, rows: int, relation: int = 7, ours: int = 1000) -> Exposure:
    """What came of acting as a role."""
    return Exposure((Seen(role, relation, rows, ours),))
