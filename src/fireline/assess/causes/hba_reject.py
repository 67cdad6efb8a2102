"""pg_hba.conf shuts out an address, a role or a database: a rule rejects it, or none fits."""

# ruff: noqa: S608 - only quoted names and a moment go into the probes
from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from fireline.assess.checks.hba import Hba, Rule
from fireline.assess.checks.log import Log
from fireline.assess.checks.roles import Roles
from fireline.assess.quoting import literal
from fireline.assess.refused import FAMILY, LETS_IN, door, verdict
from fireline.assess.rules import first_match
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "hba_reject"
_JUST_NOW_SECONDS = 60.0
_WORDS = re.compile(
    r"(?P<why>no pg_hba\.conf entry|pg_hba\.conf rejects (?:replication )?connection) for (?:host \W?(?P<host>[^\"»',\s]+)\W?, )?"
    r"user \W?(?P<user>[^\"»',]+?)\W?(?:, database \W?(?P<database>[^\"»',]+?)\W?)?(?:, (?P<how>SSL \w+|no encryption|GSS encryption))?(?:$|[\s,.\"»'])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Out:
    """Somebody who was shut out."""

    source: str
    text: str
    user: str
    database: str
    host: str
    encrypted: bool | None
    last: datetime | None = None


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Each role and database that is there and is shut out, by the file as it is or as the server has loaded it."""
    roles = snapshot.last("roles", Roles)
    known = [
        out for out in _shut_out(snapshot) if roles is None or (out.user in roles.all and roles.all[out.user].login)
    ]
    merged: dict[tuple[str, str, str], _Out] = {}
    for out in known:  # the nearest word counts, with the time of the last
        first = merged.setdefault((out.user, out.database, out.host), out)
        if out.last and not (first.last and first.last > out.last):
            merged[out.user, out.database, out.host] = replace(first, last=out.last)
    return tuple(made for out in merged.values() if (made := _judged(snapshot, out, roles)))


def _judged(snapshot: Snapshot, out: _Out, roles: Roles | None) -> Verdict | None:
    hba, at_door = snapshot.last("hba", Hba), out.source == "server's refusal"
    if hba is None:
        return _verdict(snapshot, out, None, None) if at_door else None
    since = out.last is not None and out.last > hba.loaded
    if hba.rules is None:
        if at_door or since or (out.last is None and not _loaded_just_now(snapshot, hba)):
            return _verdict(snapshot, out, hba, None)
        return None
    groups = roles.all[out.user].member_of if roles and out.user in roles.all else ()
    rule = first_match(hba.rules, out.host, out.user, out.database, groups, encrypted=out.encrypted)
    if rule is None or rule.method == "reject":
        return _verdict(snapshot, out, hba, rule)
    return _verdict(snapshot, out, hba, rule, stale=True) if at_door or since else None


def _loaded_just_now(snapshot: Snapshot, hba: Hba) -> bool:
    """Whether the server has read its files anew in the last minute, which may have been the remedy."""
    return (snapshot.taken_at - hba.loaded).total_seconds() < _JUST_NOW_SECONDS and snapshot.last(
        "log", Log
    ) is not None


def _shut_out(snapshot: Snapshot) -> list[_Out]:
    """Who says so: the server to us, the complaint, the log."""
    at, log = door(snapshot), snapshot.last("log", Log)
    said: list[tuple[str, str, datetime | None]] = [("server's refusal", at.said, None)] if at.refused("hba") else []
    said.append(("complaint", snapshot.complaint.text, None))
    for entry in log.like("pg_hba") if log else ():
        said += [("server log", message, entry.last) for message in entry.messages]
    return [_out(source, found, last) for source, text, last in said if (found := _WORDS.search(text))]


def _out(source: str, found: re.Match[str], last: datetime | None) -> _Out:
    how = (found["how"] or "").lower()
    encrypted = None if not how else how.endswith(" on")
    return _Out(
        source, found[0].strip(), found["user"], found["database"] or "", found["host"] or "[local]", encrypted, last
    )


def _verdict(snapshot: Snapshot, out: _Out, hba: Hba | None, rule: Rule | None, *, stale: bool = False) -> Verdict:
    where = (
        f"{rule.file or (hba.file if hba else 'pg_hba.conf')} line {rule.line}"
        if rule and not stale
        else hba.file
        if hba
        else "pg_hba.conf"
    )
    facts = [Evidence(out.source, out.text)]
    if rule and not stale:
        fields = " ".join([rule.type, ",".join(rule.databases), ",".join(rule.users), rule.address or "", rule.method])
        facts.append(
            Evidence("pg_hba_file_rules", f"the first rule that fits is line {rule.line}: {' '.join(fields.split())}")
        )
    elif hba and hba.rules is not None:
        facts.append(
            Evidence(
                "pg_hba_file_rules",
                "the file lets it in now, and the server has not read it since"
                if stale
                else f"none of the {len(hba.rules)} rules fits",
            )
        )
    from_where = "the local socket" if out.host == "[local]" else out.host
    return verdict(
        LABEL,
        f"pg_hba.conf does not let role {out.user} from {from_where} into {out.database or 'its database'}.",
        objects=(where, f"role {out.user}"),
        evidence=facts,
        rejected={
            "role_password_expired": "the server did not come to ask for a password",
            "wrong_password_rotated_secret": "the server did not come to ask for a password",
            "startup_bad_preload_library": "the server runs and answers",
        },
        remedy=_cure(out, hba, rule, where, stale=stale),
        probe=_probe(snapshot, out, hba, rule),
        confidence=0.97 if hba and hba.rules is not None else 0.9,
        hurt=1,
    )


def _cure(out: _Out, hba: Hba | None, rule: Rule | None, where: str, *, stale: bool) -> Cure:
    reload = ("SELECT pg_reload_conf()",)
    if stale:
        return Cure("The file is right already: let the server read it.", reload)
    kind = "local" if out.host == "[local]" else "host"
    address = "" if out.host == "[local]" else f" {out.host}/{128 if ':' in out.host else 32}"
    line = f"{kind} {out.database or 'all'} {out.user}{address} scram-sha-256"
    first = (
        f"If that rule is wrong, take it out of {where}"
        if rule
        else f"If it should get in, add a rule to {hba.file if hba else where}"
    )
    before = "; or write before it" if rule else ""
    return Cure(f"{first}{before}: `{line}`. Then reload; a copy of the file first is the way back.", reload)


def _probe(snapshot: Snapshot, out: _Out, hba: Hba | None, rule: Rule | None) -> Probe:
    if hba is None:
        return LETS_IN
    then = literal(snapshot.taken_at.isoformat())
    loaded = f"pg_conf_load_time() < {then}::timestamptz"
    if hba.rules is not None and rule is not None and rule.method == "reject":
        shape = f"auth_method = 'reject' AND type = {literal(rule.type)} AND database @> {_array(rule.databases)} AND user_name @> {_array(rule.users)}"
        where = f"line_number = {rule.line} AND {shape}"
        return Probe(f"SELECT line_number FROM pg_hba_file_rules WHERE ({where}) OR {loaded}", "rows = 0")
    return Probe(f"SELECT 1 WHERE {loaded}", "rows = 0")


def _array(names: tuple[str, ...]) -> str:
    return f"ARRAY[{', '.join(literal(name) for name in names)}]::text[]"


cause = Cause(LABEL, FAMILY, judge, (), ("login", "unreachable"))
