"""pg_hba.conf shuts out an address, a role or a database: a rule rejects it, or none fits."""

# ruff: noqa: S608 - only quoted names and a moment go into the probes
from __future__ import annotations

from fireline.assess.checks.hba import Hba, Rule
from fireline.assess.checks.log import Log
from fireline.assess.checks.roles import Roles
from fireline.assess.quoting import literal
from fireline.assess.refused import EVERYBODY, FAMILY, LETS_IN, verdict
from fireline.assess.rules import first_match
from fireline.assess.shut_out import Out, shut_out
from fireline.assess.snapshot import Snapshot
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "hba_reject"
_JUST_NOW_SECONDS = 60.0


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Each role and database that is there and is shut out, by the file as it is or as the server has loaded it."""
    roles = snapshot.last("roles", Roles)
    known = [out for out in shut_out(snapshot) if roles is None or any(one.login for one in roles.named(out.user))]
    return tuple(made for out in known if (made := _judged(snapshot, out, roles)))


def _judged(snapshot: Snapshot, out: Out, roles: Roles | None) -> Verdict | None:
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
    young = (snapshot.taken_at - hba.loaded).total_seconds() < _JUST_NOW_SECONDS
    return young and snapshot.last("log", Log) is not None


def _verdict(snapshot: Snapshot, out: Out, hba: Hba | None, rule: Rule | None, *, stale: bool = False) -> Verdict:
    file = (rule.file if rule else "") or (hba.file if hba else "pg_hba.conf")
    where = f"{file} line {rule.line}" if rule and not stale else file
    read = (_read(hba.rules, rule, stale=stale),) if hba and hba.rules is not None else ()
    from_where = "the local socket" if out.host == "[local]" else out.host
    return verdict(
        LABEL,
        f"pg_hba.conf does not let role {out.user} from {from_where} into {out.database or 'its database'}.",
        objects=(where, f"role {out.user}"),
        evidence=(Evidence(out.source, out.text), *read),
        rejected={
            "role_password_expired": "the server did not come to ask for a password",
            "wrong_password_rotated_secret": "the server did not come to ask for a password",
            "startup_bad_preload_library": "the server runs and answers",
        },
        remedy=_cure(out, rule, where, stale=stale),
        probe=_probe(snapshot, out, hba, rule),
        confidence=0.97 if hba and hba.rules is not None else 0.9,
        hurt=EVERYBODY if out.source == "server's refusal" else 1,
    )


def _read(rules: tuple[Rule, ...], rule: Rule | None, *, stale: bool) -> Evidence:
    """What the file says of it."""
    if stale:
        said = "the file lets it in now, and the server has not read it since"
    elif rule is None:
        said = f"none of the {len(rules)} rules fits"
    else:
        fields = " ".join([rule.type, ",".join(rule.databases), ",".join(rule.users), rule.address or "", rule.method])
        said = f"the first rule that fits is line {rule.line}: {' '.join(fields.split())}"
    return Evidence("pg_hba_file_rules", said)


def _cure(out: Out, rule: Rule | None, where: str, *, stale: bool) -> Cure:
    reload = ("SELECT pg_reload_conf()",)
    if stale:
        return Cure("The file is right already: let the server read it.", reload)
    kind = "local" if out.host == "[local]" else "host"
    address = "" if out.host == "[local]" else f" {out.host}/{128 if ':' in out.host else 32}"
    line = f"{kind} {out.database or 'all'} {out.user}{address} scram-sha-256"
    wrong = f"If that rule is wrong, take it out of {where}; or write before it"
    first = wrong if rule else f"If it should get in, add a rule to {where}"
    return Cure(f"{first}: `{line}`. Then reload; a copy of the file first is the way back.", reload)


def _probe(snapshot: Snapshot, out: Out, hba: Hba | None, rule: Rule | None) -> Probe:
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
