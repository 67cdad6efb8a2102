"""A table was made anew, or made without grants: roles that may use all its siblings may not use it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fireline.assess.checks.grants import Grants
from fireline.assess.checks.meant import Meant, Thing
from fireline.assess.quoting import ident, lacking, qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "grants_lost_on_recreate"
_MOST = 0.5  # of the siblings
_KINDS = "rpvmf"
_ORDER = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")


@dataclass(frozen=True)
class Lost:
    """What a role may do with most siblings of a table, and not with it."""

    schema: str
    name: str
    role: str
    privileges: tuple[str, ...]
    siblings: int
    of: int
    bare: bool  # nobody but the owner may use it

    @property
    def path(self) -> str:
        """Its name, as SQL."""
        return qualified(self.schema, self.name)

    @property
    def sql(self) -> str:
        """The grant."""
        role = "PUBLIC" if self.role == "PUBLIC" else ident(self.role)
        return f"GRANT {', '.join(self.privileges)} ON {self.path} TO {role}"

    @property
    def undo(self) -> str:
        """The way back."""
        return self.sql.replace("GRANT ", "REVOKE ", 1).replace(" TO ", " FROM ")


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Somebody is denied a table that the role could use if it were like its siblings.

    A table that nobody complains about may well be meant for its owner alone.
    """
    grants, meant = snapshot.last("grants", Grants), snapshot.last("meant", Meant)
    if grants is None or not snapshot.complaint.about("denied"):
        return ()
    things = [one for one in meant.things if one.kind in _KINDS] if meant else []
    if not things and (meant is None or not meant.things) and not snapshot.complaint.about("sequence"):
        things = list(_newest_bare(grants))
    found = [lost for thing in things for lost in _lost(grants, thing)]
    return (_verdict(found, named=meant is not None and bool(meant.things)),) if found else ()


def _newest_bare(grants: Grants) -> Iterator[Thing]:
    """Tables granted to nobody that are newer than most: what a complaint without a name may mean."""
    for group in grants.groups:
        older = any(one.grants and one.schema == group.schema and one.newest < group.newest for one in grants.groups)
        if not group.grants and older:
            yield from (Thing(0, group.schema, name, "r", group.owner) for name in group.names[:3])


def _lost(grants: Grants, thing: Thing) -> Iterator[Lost]:
    siblings = [one for one in grants.groups if one.schema == thing.schema]
    count = sum(one.number for one in siblings) - 1
    if count < 1:
        return
    have: dict[tuple[str, str], int] = {}
    for group in siblings:
        others = group.number - (1 if group.grants == thing.grants and group.owner == thing.owner else 0)
        for role, privileges in group.grants.items():
            for privilege in privileges:
                have[role, privilege] = have.get((role, privilege), 0) + max(others, 0)
    for role in dict.fromkeys(role for role, _ in have):
        usual = [one for one in _ORDER if have.get((role, one), 0) >= max(_MOST * count, 1)]
        missing = tuple(one for one in usual if one not in thing.grants.get(role, frozenset()))
        if missing and role != thing.owner:
            yield Lost(
                thing.schema,
                thing.name,
                role,
                missing,
                max(have[role, one] for one in missing),
                count,
                not thing.grants,
            )


def _verdict(found: list[Lost], *, named: bool) -> Verdict:
    first = found[0]
    tables = list(dict.fromkeys(one.path for one in found))
    return Verdict(
        cause=LABEL,
        title=f"Roles that may use its siblings may not use {listed(tables)}.",
        severity="high",
        confidence=(0.95 if first.bare else 0.85) if named else 0.6,
        objects=tuple(tables),
        evidence=tuple(_facts(found)),
        explains=("permission denied for table",),
        rejected=(
            Rejected("rls_enabled_no_policy", "row security hides rows; here the table itself is denied"),
            Rejected("role_password_expired", "the role logs in; one table is denied to it"),
            Rejected("sequence_grant_missing", f"{first.path} itself is not granted to {first.role}"),
        ),
        remedy=Cure(
            text=f"Grant again what {listed([one.role for one in found])} may do with the other tables of the schema. Look first"
            " whether somebody took it away on purpose. ALTER DEFAULT PRIVILEGES keeps the next table from the same fate.",
            sql=tuple(one.sql for one in found),
            level="reversible",
            undo=tuple(one.undo for one in found),
        ),
        probe=_probe(found),
    )


def _facts(found: list[Lost]) -> Iterator[Evidence]:
    for one in found[:6]:
        yield Evidence(
            "pg_class.relacl",
            f"{one.role} has {', '.join(one.privileges)} on {one.siblings} of {one.of} other tables of schema {one.schema}, not on {one.path}",
        )
    if found[0].bare:
        yield Evidence("pg_class.relacl", f"{found[0].path} has no grant at all, as if it had just been made")


def _probe(found: list[Lost]) -> Probe:
    """Green when each has what it lacked. PUBLIC is asked as `public`, which that function knows."""
    return Probe(
        " UNION ALL ".join(
            lacking(one.schema, one.name, "table", "public" if one.role == "PUBLIC" else one.role, one.privileges)
            for one in found[:20]
        ),
        "rows = 0",
    )


cause = Cause(LABEL, "security", judge, ("grants", "meant"), ("denied",))
