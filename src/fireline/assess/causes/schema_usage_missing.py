"""Roles that may use tables may not use the schema they are in: the tables are denied, or seem not to exist."""

# ruff: noqa: S608 - names go into the text as SQL literals
from __future__ import annotations

from fireline.assess.checks.grants import Grants
from fireline.assess.checks.meant import Meant
from fireline.assess.checks.policies import PUBLIC, Policies, Schema
from fireline.assess.quoting import ident, literal
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "schema_usage_missing"
_SCHEMA = r"permission denied for schema \"?([^\"\s]+)\"?"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Somebody is denied a schema, or misses a table in it, and roles with grants on its tables lack USAGE.

    Nobody complaining, the schema may have been shut on purpose.
    """
    grants, policies = snapshot.last("grants", Grants), snapshot.last("policies", Policies)
    if grants is None or policies is None or not snapshot.complaint.about("denied", "undefined"):
        return ()
    wanted = _wanted(snapshot)
    found = []
    for name in sorted(wanted & set(policies.schemas)):
        roles = _shut_out(grants, policies, policies.schemas[name])
        if roles:
            found.append(_verdict(policies.schemas[name], roles, grants))
    return tuple(found)


def _wanted(snapshot: Snapshot) -> set[str]:
    """The schemas that the complaint means: by name, else those of the tables it names."""
    said = snapshot.complaint.says(_SCHEMA)
    if said:
        return {said[1]}
    meant = snapshot.last("meant", Meant)
    return {one.schema for one in meant.things} if meant and snapshot.complaint.about("undefined") else set()


def _shut_out(grants: Grants, policies: Policies, schema: Schema) -> list[str]:
    """Roles with privileges on tables of the schema that may not use it, neither by themselves nor through a group."""
    if PUBLIC in schema.users:
        return []
    named = {role for one in grants.groups if one.schema == schema.name for role in one.grants}
    return sorted(role for role in named - {PUBLIC, schema.owner} if not _may(policies, schema, role, set()))


def _may(policies: Policies, schema: Schema, role: str, seen: set[str]) -> bool:
    known = policies.roles.get(role)
    if role in schema.users or role == schema.owner or (known is not None and known.superuser):
        return True
    groups = [one for one in known.has if one not in seen] if known else []
    return any(_may(policies, schema, group, {*seen, role}) for group in groups)


def _verdict(schema: Schema, roles: list[str], grants: Grants) -> Verdict:
    name = ident(schema.name)
    tables = sum(one.number for one in grants.groups if one.schema == schema.name and set(roles) & set(one.grants))
    lacking = " OR ".join(f"NOT has_schema_privilege({literal(role)}, oid, 'USAGE')" for role in roles[:20])
    return Verdict(
        cause=LABEL,
        title=f"{listed(roles)} may use tables of the schema {name}, and not the schema.",
        severity="critical",
        confidence=0.95,
        objects=(f"schema {name}",),
        evidence=(
            Evidence("pg_class.relacl", f"{listed(roles)} has privileges on {tables} tables and views of {name}"),
            Evidence(
                "pg_namespace.nspacl",
                f"USAGE on {name} is granted to {listed(list(schema.users)) if schema.users else 'nobody'}; its owner is {schema.owner}",
            ),
        ),
        explains=("permission denied for schema", "relation does not exist"),
        rejected=(
            Rejected("grants_lost_on_recreate", "the grants on the tables are there; the schema around them is shut"),
            Rejected("search_path_override", f"whatever the path, {roles[0]} may look up nothing in {name}"),
        ),
        remedy=Cure(
            text="Grant the use of the schema again. Look first whether somebody took it away on purpose.",
            sql=tuple(f"GRANT USAGE ON SCHEMA {name} TO {ident(role)}" for role in roles),
            level="reversible",
            undo=tuple(f"REVOKE USAGE ON SCHEMA {name} FROM {ident(role)}" for role in roles),
        ),
        probe=Probe(
            f"SELECT nspname FROM pg_namespace WHERE nspname = {literal(schema.name)} AND ({lacking})", "rows = 0"
        ),
    )


cause = Cause(LABEL, "security", judge, ("grants", "policies"), ("denied", "undefined"))
