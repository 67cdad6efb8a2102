"""Copy rows that the replaced database has, and the one in use has not, into the one in use: by their keys, in one transaction."""

from __future__ import annotations

import secrets
from typing import Any, Literal

from pydantic import Field

from fireline.errors import FirelineError, Refused
from fireline.postgres.connect import Target
from fireline.recovery import restores
from fireline.recovery.rescuing import rescue, unrescue
from fireline.recovery.rescuing.replacing import Place
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict


class Rescue(Parameters):
    """Which rows, and what is done where both sides have a row."""

    restore: str = Field(description="number of the restore, its database's name, or latest")
    tables: list[str] = Field(
        default_factory=list, description="only these tables, with or without their schema; all if left out"
    )
    changed: Literal["keep", "take"] = Field(
        "keep",
        description="rows that both have and that differ: keep them as they are, or take those of the replaced one",
    )
    into_restored: bool = Field(
        False, description="before the swap: copy from the database in use into the restored one"
    )
    triggers: bool = Field(True, description="the tables' own triggers run for inserted rows, as for any insert")


def plan(target: Target, parameters: Rescue, hand: Hand) -> Plan:
    """Compare both databases; nothing is changed."""
    with hand.store.transaction() as conn:
        row = restores.get(conn, parameters.restore, target=target.name)
    source, into = _sides(row, into_restored=parameters.into_restored)
    found = rescue.survey(target, source, into, parameters.tables, watch=hand.watch)
    take = parameters.changed == "take"
    parts = [one for one in found["parts"] if one["missing"] or (take and one["changed"])]
    if not parts:
        why = f"; left out: {', '.join(one['what'] for one in found['left_out'])}" if found["left_out"] else ""
        raise Refused(f"{source} has no row to copy that {into} has not{why}")
    return Plan(
        summary=_summary(source, into, parts, take=take),
        effect=_effect(source, into, found, take=take, triggers=parameters.triggers),
        undo="The undo deletes exactly the inserted rows, as far as they are still as inserted and no other row refers to them"
        + ("; replaced rows that are still as replaced become what they were." if take else "."),
        level="destructive" if take else "reversible",
        captured={
            "token": secrets.token_hex(8),
            "restore": row["id"],
            "source": source,
            "into": into,
            "take": take,
            "triggers": parameters.triggers,
            "parts": parts,
            "left_out": found["left_out"] + _kept(found["parts"], take=take),
        },
    )


def _sides(row: dict[str, Any], *, into_restored: bool) -> tuple[str, str]:
    if row["state"] == "swapped" and row["kept"] and not into_restored:
        return row["kept"], row["database"]
    if row["state"] in restores.READY and into_restored:
        return row["database"], row["beside"]
    if row["state"] in restores.READY:
        hint = "Swap first, or copy into the restored one beforehand with --into-restored."
        raise Refused(f"restore {row['id']} was not swapped in, so there is no replaced database", hint=hint)
    raise Refused(f"restore {row['id']} is {row['state']}, so there is nothing to copy from")


def _summary(source: str, into: str, parts: list[dict[str, Any]], *, take: bool) -> str:
    missing = sum(one["missing"] for one in parts)
    changed = sum(one["changed"] for one in parts)
    also = f", and replace {changed:,} that differ" if take and changed else ""
    where = f"{len(parts)} {'table' if len(parts) == 1 else 'tables'}"
    return (
        f"Copy {missing:,} rows of {where} that {source} has and {into} has not into {into}{also}, in one transaction."
    )


def _effect(source: str, into: str, found: dict[str, Any], *, take: bool, triggers: bool) -> str:
    changed = sum(one["changed"] for one in found["parts"])
    parts = [
        f"It only adds rows to {into}."
        if not take
        else f"It adds rows to {into}, and overwrites rows that were changed there since.",
        f"A row that was deleted from {into} on purpose since comes back: it can not be told from one that was never there.",
        "The tables' own triggers run, and may send or write things." if triggers else
        "The tables' own triggers are switched off for the transaction: nobody else can write to these tables meanwhile.",
        "Sequences are raised above the largest number that was copied.",
    ]  # fmt: skip
    if changed and not take:
        parts.append(f"{changed:,} rows that differ on both sides are left as they are.")
    if found["left_out"]:
        parts.append(f"{len(found['left_out'])} tables are left out, with the reason.")
    return " ".join(parts)


def _kept(parts: list[dict[str, Any]], *, take: bool) -> list[dict[str, str]]:
    """The tables of whose rows some differ and are left alone, with keys to look at."""
    if take:
        return []
    return [
        {
            "what": f"{one['table']}: {one['changed']:,} rows that both have",
            "why": f"they differ and are left as they are, such as {'; '.join(one['samples'].get('changed') or ['?'])};"
            " --changed take would overwrite them",
        }
        for one in parts
        if one["changed"]
    ]


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Copy them, all or nothing; what could not be inserted is counted by its reason."""
    done = rescue.carry(
        hand.store, target, plan.captured, place=Place.of(hand.settings), watch=hand.watch, by=hand.actor
    )
    inserted = sum(one["inserted"] for one in done["tables"])
    replaced = sum(one["replaced"] for one in done["tables"])
    lines = [line for one in done["tables"] for line in _unlike(one)]
    also = f" and {replaced:,} replaced" if replaced else ""
    summary = "; ".join([f"{inserted:,} rows copied into {plan.captured['into']}{also}", *lines])
    return Outcome(True, summary, {"inserted": inserted, "replaced": replaced, **done})


def _unlike(one: dict[str, Any]) -> list[str]:
    """What is otherwise than planned in a table."""
    more = one["found"] - one["planned"]
    return [
        f"{one['table']}: {text}"
        for number, text in (
            (more, f"{abs(more):,} {'more' if more > 0 else 'fewer'} than when it was planned"),
            (one["taken"], f"{one['taken']:,} not copied, as another row has the same unique value"),
            (one["orphans"], f"{one['orphans']:,} not copied, as the row they refer to is not there"),
            (one["refused"], f"{one['refused']:,} not inserted, by a trigger or a constraint"),
        )
        if number
    ]


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether the transaction was committed."""
    try:
        state = unrescue.became(hand.store, target, plan.captured["token"])
    except FirelineError as away:
        return Verdict(None, f"that can not be seen: {away.message}")
    if state is None:
        return Verdict(None, "The server does not know any more what became of the transaction.")
    if state == "done":
        return Verdict(True, "The transaction is committed.")
    return Verdict(False, "It was undone." if state == "undone" else "Nothing was copied.")


def undo(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Delete exactly what was inserted."""
    done = unrescue.back(hand.store, target, plan.captured["token"], place=Place.of(hand.settings), watch=hand.watch)
    deleted = sum(one["deleted"] for one in done["tables"])
    left = [
        f"{one['table']}: {one[kind]:,} left, {why}"
        for one in done["tables"]
        for kind, why in (("changed", "changed or deleted since"), ("referred", "as other rows refer to them"))
        if one[kind]
    ]
    back = sum(one["put_back"] for one in done["tables"])
    gone = sum(one["replaced"] for one in done["tables"]) - back
    also = [f"{back:,} replaced rows are what they were"] if back else []
    also += [f"{gone:,} replaced rows left, changed or deleted since"] if gone else []
    return Outcome(
        True, "; ".join([f"{deleted:,} copied rows deleted again", *also, *left]), {"deleted": deleted, **done}
    )


remedy = Remedy(
    name="rescue",
    phase="resolve",
    summary="Copy rows from the replaced database that the restored one has not.",
    level="reversible",
    parameters=Rescue,
    plan=plan,
    do=do,
    verify=verify,
    undo=undo,
    words=("rescue newer rows", "copy rows made since the backup", "recover rows written after the backup"),
    argument="restore",
)
