"""A difference between two databases in sentences: what each finding means for the people who use them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from fireline.recovery.differing.catalogs import Grant, LargeObjects, Thing, Unread
from fireline.recovery.differing.pairs import Pair
from fireline.recovery.differing.rows import Counted

Entry = dict[str, Any]
Told = tuple[str, Entry]  # which of the three lists, and what

MOST_LINES = 12  # of one kind in the text; how many more there are is said
# The kinds, in the order a person should read them: what harms people comes first.
FIRST = (
    "users",
    "sessions",
    "rights",
    "work",
    "cron job",
    "webhook",
    "row level security",
    "grant",
    "policy",
    "subscription",
)
_PEOPLE = re.compile(
    r"(^auth\.|\.)\"?(auth_)?(users?|accounts?|members?|memberships?|people|persons?|customers?|profiles?|employees|admins?|logins?)\"?$",
    re.I,
)
_SESSIONS = re.compile(r"\.\"?\w*(sessions?|refresh_?tokens?|access_?tokens?|api_?(keys?|tokens?)|one_time_tokens|personal_access_tokens|tokens|invites|invitations)\"?$", re.I)  # fmt: skip
_QUEUES = re.compile(r"\.\"?(\w*_)?(jobs?|queues?|outbox\w*|tasks|scheduled_\w+|messages_to_send|que_jobs)\"?$", re.I)
_RIGHTS = re.compile(r"\.\"?\w*(roles?|permissions?|grants?|bans?|blocklist|blocked\w*)\"?$", re.I)


def entry(kind: str, name: str, says: str, **more: Any) -> Entry:
    """One finding: its kind, its name, one sentence, and the numbers behind it."""
    return {"kind": kind, "name": name, "says": says, **more}


def many(number: int, noun: str, of: Counted | None = None) -> str:
    """`1 row`, `2 rows`, `at least 2 rows (about 5)` when not all that differ were counted."""
    plural = noun if number == 1 else noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    if of is None or of.complete:
        return f"{number:,} {plural}"
    return f"at least {number:,} {plural} (about {of.about(number):,})"


def unread(one: Unread) -> str:
    """What is unknown, and why."""
    return f"{one.what[:1].upper()}{one.what[1:]} could not be compared: {one.why}."


# Rows ---------------------------------------------------------------------------------------------------------


def table(name: str, pair: Pair, counted: Counted, newer: dict[str, int] | None) -> Iterator[Told]:
    """What differs between the rows of a table."""
    facts = {
        "table": name, "rows": {"live": counted.rows_live, "restored": counted.rows_restored}, "complete": counted.complete,
        "key": list(pair.key), "samples": counted.samples, "newer": newer,
    }  # fmt: skip
    facts |= {part: getattr(counted, part) for part in ("missing", "changed", "returning")}
    if counted.missing or counted.changed:
        yield "lost", entry("rows", name, _lost(name, pair, counted, newer), **facts)
    if counted.returning:
        says = f"{name}: {many(counted.returning, 'row', counted)} that {'is' if counted.returning == 1 else 'are'} not there any more."
        yield "back", entry("rows", name, says + _keys(counted, "returning"), **facts)
    yield from _meaning(name, counted)
    for column, filled in counted.filled.items():
        says = f"{name}: the column {column} is new, and {many(filled, 'row')} {'has' if filled == 1 else 'have'} a value in it."
        if filled:
            yield "lost", entry("column content", f"{name}.{column}", says, rows=filled)
    if pair.live.persistence == "u" and counted.rows_live and not counted.rows_restored:
        says = f"{name} is unlogged, and its content is not in the backup."
        yield "missing", entry("unlogged table", name, says, rows=counted.rows_live)


def _lost(name: str, pair: Pair, counted: Counted, newer: dict[str, int] | None) -> str:
    parts = [f"{many(counted.missing, 'row', counted)} made since"] if counted.missing else []
    parts += [f"{many(counted.changed, 'row', counted)} changed since"] if counted.changed else []
    own = {"made": "made", "touched": "made or changed"}
    said = [f"{number:,} {own[what]}" for what, number in (newer or {}).items() if number]
    keyless = "" if pair.key else " It has no key, so a changed row counts as one lost and one that comes back."
    told = f" By their own columns {' and '.join(said)} after the backup." if said else ""
    return (
        f"{name}: {', and '.join(parts)}.{_keys(counted, 'missing' if counted.missing else 'changed')}{told}{keyless}"
    )


def _keys(counted: Counted, kind: str) -> str:
    samples = counted.samples.get(kind) or []
    more = getattr(counted, kind) > len(samples)
    return f" Such as {'; '.join(samples)}{' …' if more else ''}." if samples else ""


def _meaning(name: str, counted: Counted) -> Iterator[Told]:
    """What rows that come back, or become what they were, mean where people, sessions or work are kept."""
    former = counted.returning + counted.changed
    number = many(former, "row", counted)
    if name == "cron.job":
        return  # told job by job
    if _QUEUES.search(name) and former:
        says = f"{name}: {number} as before: work and messages that were done or sent since may be done or sent again."
        yield "back", entry("work", name, says, rows=former)
    elif _SESSIONS.search(name) and former:
        says = f"{name}: {number} as before: sessions, tokens and invitations that were ended since are valid again."
        yield "back", entry("sessions", name, says, rows=former)
    elif _RIGHTS.search(name) and former:
        says = f"{name}: {number} as before: rights taken away since are given again, and blocks set since are lifted."
        yield "back", entry("rights", name, says, rows=former)
    elif _PEOPLE.search(name):
        if counted.returning:
            says = f"{name}: {many(counted.returning, 'user', counted)} deleted since can come in again."
            yield "back", entry("users", name, says, rows=counted.returning)
        if counted.changed:
            says = f"{name}: {many(counted.changed, 'user', counted)} as before: passwords, roles and blocks set since are undone."
            yield "back", entry("users", name, says, rows=counted.changed)


def table_alone(part: str, name: str, number: int | None) -> Entry:
    """A table that only one side has."""
    content = "how many rows it has is not known" if number is None else f"it has {many(number, 'row')}"
    says = f"The table {name} was {'made' if part == 'lost' else 'dropped'} since; {content}."
    return entry("table", name, says, rows=number)


def renamed(name: str, former: str) -> Entry:
    """A table that seems to have borne another name."""
    says = f"The table {name} has its former name {former} again: only the name differs, so they were compared as one."
    return entry("renamed table", name, says, former=former)


# Objects ------------------------------------------------------------------------------------------------------


def thing(one: Thing) -> Iterator[Told]:
    """An object that was made, changed or dropped since."""
    facts = {"change": one.change, "live": one.live, "restored": one.restored}
    label = one.kind if one.kind != "row level security" else "policy"
    if one.kind == "row level security":
        if one.change == "changed":
            says = {
                (
                    "on",
                    "off",
                ): f"Row level security of {one.name} is off there: every role with a grant sees all its rows.",
                ("off", "on"): f"Row level security of {one.name} is on there: roles without a policy see no rows.",
            }.get(
                (one.live or "", one.restored or ""), f"Row level security of {one.name} is forced differently there."
            )
            yield "back", entry("row level security", one.name, says, **facts)
        return
    if one.change == "made":
        yield "lost", entry(one.kind, one.name, f"The {label} {one.name} was made since.", **facts)
    elif one.change == "gone":
        yield (
            "back",
            entry(one.kind, one.name, f"The {label} {one.name}, dropped since, is there again{_effect(one)}.", **facts),
        )
    elif one.live == "off" and one.restored == "on":
        says = f"The {label} {one.name}, switched off since, is on again{_effect(one)}."
        yield "back", entry(one.kind, one.name, says, **facts)
    elif one.live == "on" and one.restored == "off":
        yield "lost", entry(one.kind, one.name, f"The {label} {one.name} is switched off there.", **facts)
    else:
        says = f"The {label} {one.name} was changed since, and is as before there."
        yield "lost", entry(one.kind, one.name, says, **facts)
        if one.kind in ("policy", "webhook"):
            yield (
                "back",
                entry(
                    one.kind, one.name, f"The {label} {one.name} is again what it was before it was changed.", **facts
                ),
            )


def _effect(one: Thing) -> str:
    if one.kind == "webhook":
        return ", and calls out to the network" if one.restored != "off" else ", though switched off"
    return ", though switched off" if one.restored == "off" else ""


def owner(name: str, now: str, then: str) -> Entry:
    """An object that belongs to somebody else there."""
    return entry("owner", name, f"{name} belongs to {now}, and to {then} there.", live=now, restored=then)


def grants(made: list[Grant], gone: list[Grant]) -> list[Told]:
    """Grants made since, and those taken away since."""
    return [
        *(("lost", entry("grant", name, f"{', '.join(rights)} on {name} was granted to {who} since.", role=who, rights=list(rights)))
          for name, who, rights in made),
        *(("back", entry("grant", name, f"{who} has {', '.join(rights)} on {name} again, taken away since.", role=who, rights=list(rights)))
          for name, who, rights in gone),
    ]  # fmt: skip


def sequence(name: str, now: int, then: int | None) -> Entry:
    """A sequence that falls back."""
    start = "its beginning" if then is None else f"{then:,}"
    says = f"The sequence {name} falls back from {now:,} to {start}: numbers that were given out are given out again."
    return entry("sequence", name, says, live=now, restored=then)


def migration(tool_table: str, line: dict[str, Any]) -> Entry:
    """A migration that the restored one does not know."""
    brief = ", ".join(f"{key} {str(value)[:60]}" for key, value in list(line.items())[:3])
    return entry("migration", tool_table, f"A migration noted in {tool_table} was applied since: {brief}.")


def extension(name: str, now: str | None, then: str | None) -> Entry:
    """An extension that only one has, or in another version."""
    if then is None:
        says = f"The extension {name} {now} is not there."
    elif now is None:
        says = f"The extension {name} {then} is there, though it was dropped since."
    else:
        says = f"The extension {name} is {now}, and {then} there."
    return entry("extension", name, says, live=now, restored=then)


def large_objects(found: LargeObjects) -> list[Told]:
    """How the large objects differ."""
    facts = {key: getattr(found, key) for key in found.__dataclass_fields__}
    told: list[Told] = []
    if found.missing or found.changed:
        parts = [f"{many(found.missing, 'large object')} made since"] if found.missing else []
        parts += [f"{many(found.changed, 'large object')} changed since"] if found.changed else []
        told.append(("lost", entry("large objects", "large objects", f"{' and '.join(parts)}.", **facts)))
    if found.returning:
        says = f"{many(found.returning, 'large object')} deleted since."
        told.append(("back", entry("large objects", "large objects", says, **facts)))
    if found.live and not found.restored:
        says = f"The restored one has no large objects at all; the present one has {found.live:,}."
        told.append(("missing", entry("large objects", "large objects", says, **facts)))
    elif found.missing is None and found.live != found.restored:
        says = f"There are {many(found.live, 'large object')} now, and {found.restored:,} there."
        told.append(("lost", entry("large objects", "large objects", says, **facts)))
    return told


# The whole ----------------------------------------------------------------------------------------------------


def text(found: dict[str, Any]) -> str:
    """Everything in sentences, under its headings."""
    swapped = found["swapped"]
    titles = {
        "lost": "WAS LOST" if swapped else "WOULD BE LOST",
        "back": "CAME BACK TO LIFE" if swapped else "COMES BACK TO LIFE",
        "missing": "IS MISSING" if swapped else "WILL BE MISSING",
        "unknown": "NOT KNOWN",
    }
    lines = [_head(found)]
    for part, title in titles.items():
        if part == "unknown" and not found[part]:
            continue
        lines += ["", title, *(f"  {line}" for line in _shortened(found[part]) or ["Nothing."])]
    return "\n".join(lines)


def _head(found: dict[str, Any]) -> str:
    tables = found["tables"]
    at = f", data of {found['snapshot_at'][:19]}Z" if found["snapshot_at"] else ""
    first, second = ("the kept", "the swapped-in") if found["swapped"] else ("the present", "the restored")
    return (
        f"{first.capitalize()} {found['live']} against {second} {found['restored']}{at}. "
        f"{many(tables['compared'], 'table')} with {many(tables['rows'], 'row')} compared, {tables['equal']:,} equal."
    )


def _shortened(entries: Iterable[Entry]) -> list[str]:
    """The sentences, of each kind at most so many; what harms people first, then in the order in which they come."""
    kinds: dict[str, list[Entry]] = {kind: [] for kind in FIRST}
    for one in entries:
        kinds.setdefault(one["kind"], []).append(one)
    lines = []
    for kind, found in kinds.items():
        lines += [one["says"] for one in found[:MOST_LINES]]
        if len(found) > MOST_LINES:
            lines.append(f"… and {len(found) - MOST_LINES:,} more of the kind {kind}.")
    return lines
