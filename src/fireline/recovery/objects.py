"""Every object of a database's schema as a name and a hash that neither object numbers, a restore nor the server's version change.

What a dump does not carry (invalid indexes, versions of extensions, values of secrets) is no part of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fireline.postgres.connect import Connection
from fireline.recovery.names import bare, digest, grants, outline, quoted
from fireline.store.connect import queries

Q = queries("fireline.recovery")

Objects = dict[str, dict[str, str]]

VIEWS, OUTLINES = "views", "view_outlines"  # within one version, and between two that write them in other words
_LOOKS = (
    "object_schemas", "object_tables", "object_columns", "object_not_nulls_from_18", "object_views",
    "object_sequences", "object_indexes", "object_constraints", "object_triggers", "object_rules", "object_policies",
    "object_functions", "object_types", "object_multiranges_from_14", "object_casts", "object_operators",
    "object_operator_classes", "object_operator_families", "object_collations", "object_conversions",
    "object_text_search", "object_statistics", "object_languages", "object_transforms", "object_access_methods",
    "object_foreign_data_wrappers", "object_foreign_servers", "object_user_mappings", "object_extensions",
    "object_event_triggers", "object_publications", "object_publication_tables", "object_publication_schemas_from_15",
    "object_default_privileges", "object_comments", "object_security_labels", "object_rights", "object_large_objects",
)  # fmt: skip
_MAINTAIN = "maintain"  # a right that there is from 17 on, and that a dump of an older server grants with all others
_MAINTAIN_SINCE = 17
_SINCE = re.compile(r"object_(?P<part>\w+?)(?:_from_(?P<major>\d+))?")
_CLOSED_SINCE = 15
_PUBLIC = {True: {"U", "C"}, False: {"U"}}  # what everybody might do in schema public: before 15, and since


@dataclass
class _Read:
    objects: Objects = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)


def read(conn: Connection) -> tuple[Objects, list[str]]:
    """The objects by part and name, and every role that owns one or is named in a right or a policy.

    The session must have the settings of a census. Takes no lock for longer than a look at the definition.
    """
    major = conn.info.server_version // 10000
    found = _Read({OUTLINES: {}})
    if major >= _MAINTAIN_SINCE:
        found.objects[_MAINTAIN] = {}
    ground = Q["objects_ground"] + " "
    for name in _LOOKS:
        matched = _SINCE.fullmatch(name)
        if matched is None or int(matched["major"] or 0) > major:
            continue
        part = found.objects.setdefault(matched["part"], {})
        for row in conn.execute(ground + Q[name]).fetchall():
            _add(found, part, row, major)
    return found.objects, sorted(found.roles - {""})


def _add(found: _Read, part: dict[str, str], row: Mapping[str, Any], major: int) -> None:
    rights = grants(row.get("acl") or ())
    if "before" in row:
        rights = _changed(rights, grants(row["before"]))
        if not rights:
            return
    if row.get("standard") and _as_made(row["owner"], rights, major):
        return
    name = quoted(*(row.get("path") or ())) + _plain(row.get("signature") or "")
    found.roles.update(row.get("roles") or (), [row["owner"]] if row.get("owner") else (), *rights)
    maintained = sorted(who for who, may in rights.items() if any(one.startswith("m") for one in may))
    if maintained and _MAINTAIN in found.objects:
        found.objects[_MAINTAIN][name] = digest(str(maintained))
    facts = json.dumps(row.get("facts"), sort_keys=True)
    code = [bare(one or "") for one in row.get("code") or ()]
    allowed = sorted((*who, sorted(may - {"m", "m*"})) for who, may in rights.items())
    part[name] = digest(facts, str(row.get("owner")), str(sorted(row.get("roles") or ())), str(allowed), *code)
    if part is found.objects.get(VIEWS):
        found.objects[OUTLINES][name] = digest(facts, *map(outline, code))


def _changed(
    now: dict[tuple[str, str], set[str]], before: dict[tuple[str, str], set[str]]
) -> dict[tuple[str, str], set[str]]:
    """What was granted (+) and revoked (-) since it was made; by whom is left out, as that is who made it."""
    changed: dict[tuple[str, str], set[str]] = {}
    for who in {*now, *before}:
        is_, was = now.get(who, set()), before.get(who, set())
        if is_ != was:
            changed[who[0], ""] = {f"+{one}" for one in is_ - was} | {f"-{one}" for one in was - is_}
    return changed


def _as_made(owner: str, rights: dict[tuple[str, str], set[str]], major: int) -> bool:
    """Whether schema public is as every database gets it, which no dump mentions."""
    return rights == {(owner, owner): {"U", "C"}, ("", owner): _PUBLIC[major < _CLOSED_SINCE]}


def _plain(signature: str) -> str:
    """Without the quotes that one version writes and another does not."""
    return re.sub(r'"([a-z_][a-z0-9_]*)"', r"\1", signature)
