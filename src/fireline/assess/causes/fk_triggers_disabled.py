"""The triggers that enforce a foreign key are switched off: rows that refer to nothing come in, and keep coming."""

from __future__ import annotations

from fireline.assess import broken_keys as keys
from fireline.assess.checks.foreign_keys import DisabledTrigger
from fireline.assess.orphan_rows import Counted
from fireline.assess.quoting import ident, literal
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Verdict

LABEL = "fk_triggers_disabled"
_STATES = {"D": "disabled", "R": "enabled for a replica only"}


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Every enforced key with a trigger that does not fire; they are no state that anybody leaves on purpose."""
    seen = keys.keys(snapshot)
    found = keys.by_size(keys.counted(snapshot, one) for one in seen.keys if one.enforced and seen.disabled_of(one))
    triggers = [trigger for one in found for trigger in seen.disabled_of(one.key)]
    return (_verdict(snapshot, found, triggers),) if found else ()


def _verdict(snapshot: Snapshot, found: list[Counted], triggers: list[DisabledTrigger]) -> Verdict:
    names = [one.key.title for one in found]
    broken = [one for one in found if one.broken]
    plural = "s" if len(found) > 1 else ""
    return Verdict(
        cause=LABEL,
        title=f"The triggers that enforce the foreign key{plural} {listed(names)} are switched off, so rows that refer to nothing can come in.",
        severity="high" if broken or keys.wanted(snapshot) else "medium",
        confidence=0.97,
        objects=tuple(names),
        evidence=(*(_fact(one) for one in triggers[: keys.MOST_KEYS]), *(keys.evidence(one) for one in found)),
        explains=("rows refer to nothing", "orphans keep appearing"),
        rejected=keys.rejected(
            {
                "fk_bypassed_replica_role": "the triggers are switched off for every session, not bypassed by one",
                "fk_not_validated": "new rows are not checked either, which a key that is only not validated would do",
                "fk_missing_logical": "the key is declared",
                "index_missing_entries": keys.in_heap(broken[0]) if broken else "",
            }
        ),
        remedy=_remedy(found, triggers, broken),
        probe=Probe(
            f"SELECT tgname FROM pg_trigger WHERE tgenabled IN ('D', 'R') AND tgname IN ({', '.join(literal(one.name) for one in triggers)})",  # noqa: S608 - literals
            "rows = 0",
        ),
        hurt=len(broken),
    )


def _fact(trigger: DisabledTrigger) -> Evidence:
    side = "checks rows that refer" if trigger.of_child else "guards rows that are referred to"
    return Evidence("pg_trigger", f"{trigger.name} on {trigger.relation} is {_STATES[trigger.state]}; it {side}")


def _remedy(found: list[Counted], triggers: list[DisabledTrigger], broken: list[Counted]) -> Cure:
    if broken:
        rest = f" The {sum(one.broken for one in broken)} rows that refer to nothing stay: `fireline integrity` lists them, to be restored or removed."
    else:
        unknown = any(one.orphans is None for one in found)
        rest = (
            " Then count what came in meanwhile: `fireline integrity`." if unknown else " No row refers to nothing yet."
        )
    return Cure(
        "Switch them on again, as a superuser; a restore that is still under way should end first." + rest,
        tuple(f"ALTER TABLE {one.relation} ENABLE TRIGGER {ident(one.name)}" for one in triggers),
        undo=tuple(_undo(one) for one in triggers),
    )


def _undo(trigger: DisabledTrigger) -> str:
    verb = "DISABLE TRIGGER" if trigger.state == "D" else "ENABLE REPLICA TRIGGER"
    return f"ALTER TABLE {trigger.relation} {verb} {ident(trigger.name)}"


cause = Cause(LABEL, keys.FAMILY, judge, ("foreign_keys",), keys.COMPLAINTS)
