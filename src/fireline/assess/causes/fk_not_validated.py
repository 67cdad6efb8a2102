"""A foreign key was added NOT VALID and never validated: rows from before it refer to nothing, and nobody looked."""

from __future__ import annotations

from fireline.assess import broken_keys as keys
from fireline.assess.checks.foreign_keys import ForeignKey
from fireline.assess.orphan_rows import Counted
from fireline.assess.quoting import ident
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "fk_not_validated"


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Keys that are not validated: those with rows that refer to nothing, and all when somebody asks and they could not be counted."""
    seen = keys.keys(snapshot)
    mine = [one for one in seen.keys if not one.validated and one.enforced and not seen.disabled_of(one)]
    told = [keys.counted(snapshot, one) for one in mine]
    found = [one for one in told if one.broken]
    if not found and snapshot.complaint.about("orphans"):
        found = [one for one in told if one.orphans is None]
    return (_verdict(snapshot, keys.by_size(found)),) if found else ()


def _verdict(snapshot: Snapshot, found: list[Counted]) -> Verdict:
    names = [one.key.title for one in found]
    many = len(found) > 1
    known = [one for one in found if one.broken]
    return Verdict(
        cause=LABEL,
        title=f"The foreign key{'s' if many else ''} {listed(names)} {'were' if many else 'was'} never validated, so older rows may refer to nothing.",
        severity="high" if keys.wanted(snapshot) and known else "medium",
        confidence=0.95 if known else 0.7,
        objects=tuple(names),
        evidence=(
            *(Evidence("pg_constraint", f"{one.key.title} has convalidated = false") for one in found),
            *(keys.evidence(one) for one in found),
        ),
        explains=("rows refer to nothing", "orphans"),
        rejected=keys.rejected(
            {
                "fk_triggers_disabled": "the triggers of the key fire, so no new row of this kind comes in",
                "fk_bypassed_replica_role": "the rows from before the key were never checked (convalidated = false)",
                "fk_missing_logical": "the key is declared",
                "index_missing_entries": keys.in_heap(known[0]) if known else "",
            }
        ),
        remedy=_remedy(found),
        probe=_probe(found),
        hurt=len(known),
    )


def _remedy(found: list[Counted]) -> Cure:
    aside = tuple(statement for one in found for statement in keys.taken_out(one.key))
    kept = listed([keys.kept(one.key) for one in found])
    look = "" if all(one.broken for one in found) else " Count them first: `fireline integrity`."
    return Cure(
        f"Restore the missing parents if they should be there, else take the rows out: these statements move them to {kept}, and validate"
        f" the key.{look} What refers to these rows with ON DELETE CASCADE goes with them.",
        (*aside, *(_validate(one.key) for one in found)),
        level="destructive",
    )


def _validate(key: ForeignKey) -> str:
    return f"ALTER TABLE {key.child} VALIDATE CONSTRAINT {ident(key.name)}"


def _probe(found: list[Counted]) -> Probe:
    numbers = ", ".join(str(one.key.oid) for one in found)
    return Probe(f"SELECT conname FROM pg_constraint WHERE NOT convalidated AND oid IN ({numbers})", "rows = 0")  # noqa: S608 - numbers


cause = Cause(LABEL, keys.FAMILY, judge, ("foreign_keys", "orphans"), keys.COMPLAINTS)
