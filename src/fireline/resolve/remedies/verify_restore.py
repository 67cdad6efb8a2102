"""Compare a restored database once more with what was backed up: rows, content, sequences, objects; beside, or swapped in."""

from __future__ import annotations

from typing import Any

from psycopg.rows import DictRow
from pydantic import Field

from fireline.errors import Refused
from fireline.postgres.connect import Target
from fireline.recovery import dump, restores, restoring, sources
from fireline.recovery.restoring import Place
from fireline.recovery.sources import Source
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict

_SHOWN = 20  # differences in the record; how many more there are is said


class VerifyRestore(Parameters):
    """Which one."""

    restore: str = Field("latest", description="a restore's number, its database, or `latest`")


def plan(target: Target, parameters: VerifyRestore, hand: Hand) -> Plan:
    """Which database would be read."""
    row, source = _find(target, parameters.restore, hand)
    place = _database(row)
    late = " Writes since the swap count as differences." if row["state"] == "swapped" else ""
    return Plan(
        summary=f"Compare {place} with {source.label}: every row, sequence and object.",
        effect=f"It reads every table of {place} once and changes nothing.{late}",
        undo="Nothing to undo.",
        level="read",
        captured={"restore": str(row["id"]), "database": place},
    )


def _find(target: Target, wanted: str, hand: Hand) -> tuple[DictRow, Source]:
    with hand.store.transaction() as conn:
        row = restores.get(conn, wanted, target=target.name)
        if row["state"] not in (*restores.READY, "swapped"):
            raise Refused(f"restore {row['id']} is {row['state']}, so there is nothing to compare")
        return row, sources.find(conn, hand.settings, row["source"], target=target.name)


def _database(row: DictRow) -> str:
    """Where its data is now."""
    return str(row["database"] if row["state"] == "swapped" else row["beside"])


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Count everything and compare."""
    row, source = _find(target, plan.captured["restore"], hand)
    place = Place(target, _database(row), row["token"])
    report = restoring.judge(source, place, hand.watch, jobs=dump.jobs_of(hand.settings.recovery, None))
    with hand.store.transaction() as conn:
        restores.compared(conn, row["id"], report)
    found = report["differences"]
    words = restores.VERDICTS[report["verdict"]]
    first = "".join(f"; {one['says']}" for one in found[:3])
    facts: dict[str, Any] = {**report, "differences": found[:_SHOWN], "more": max(len(found) - _SHOWN, 0)}
    text = f"{words}: {place.database} holds {report['tables']} tables, {report['rows']} rows; {report['why']}{first}"
    return Outcome(report["verdict"] != "differs", text, facts)


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """It reads: what it found is its outcome."""
    del target, plan, hand
    return Verdict(True, "It only read; nothing was changed.")


remedy = Remedy(
    name="verify-restore",
    phase="resolve",
    summary="Compare a restored database with what was backed up.",
    level="read",
    parameters=VerifyRestore,
    plan=plan,
    do=do,
    verify=verify,
    undo=None,
    no_undo="it only reads, so there is nothing to undo",
    words=("verify restore", "verify the restore", "verify data integrity", "verify restored data"),
    argument="restore",
)
