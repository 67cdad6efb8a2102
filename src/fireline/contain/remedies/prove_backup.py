"""Restore a backup into a server of our own and compare it: the only proof that a backup can be restored."""

from __future__ import annotations

from pydantic import Field

from fireline.errors import NotFound, Refused
from fireline.postgres.client_tools import ToolFailed
from fireline.postgres.connect import Target
from fireline.recovery import backups, proving, scratch, sources
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict
from fireline.sizes import size


class ProveBackup(Parameters):
    """Which one."""

    backup: str = Field("latest", description="a backup's name, or `latest`")


def plan(target: Target, parameters: ProveBackup, hand: Hand) -> Plan:
    """Which backup, and with which PostgreSQL."""
    with hand.store.transaction() as conn:
        source = sources.find(conn, hand.settings, parameters.backup, target=target.name)
    if source.made is None:
        raise Refused(f"{source.label} has no manifest, so there is nothing to compare a restore with")
    programs = scratch.binaries_for(int(source.made.server["major"]), hand.settings.store.binaries)
    return Plan(
        summary=f"Restore {source.label} into a PostgreSQL {programs.major} of our own, compare every row and object, and throw it away.",
        effect=f"No target is touched. This machine is busier, and about {size(source.size)} of its disk are used while it lasts.",
        undo="Nothing to undo.",
        level="read",
        captured={"backup": source.label},
    )


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Restore and compare; the report stands in the backup's row."""
    name = plan.captured["backup"]
    with hand.store.transaction() as conn:
        source = sources.find(conn, hand.settings, name, target=target.name)
    try:
        report = proving.prove(source, hand.settings, hand.watch)
    except (proving.Spoilt, ToolFailed) as bad:
        if source.backup is not None:
            with hand.store.transaction() as conn:
                backups.mark(conn, name, "proved", {"problem": bad.message}, ok=False)
                if isinstance(bad, proving.Spoilt):  # then it must not open the gate any more
                    backups.mark(conn, name, "verified", {"problem": bad.message}, ok=False)
        raise
    ok = report["verdict"] == "passed"
    if source.backup is not None:  # a folder that was named by its path stands in no row
        with hand.store.transaction() as conn:
            backups.mark(conn, name, "proved", report, ok=ok)
            if ok:
                backups.mark(conn, name, "verified", {"at": report["at"], "archive": "restored"}, ok=True)
    first = f": {report['differences'][0]['says']}" if report["differences"] else ""
    text = f"{'PASS' if ok else 'FAIL'}: backup {name} restored in {report['whole_seconds']:.1f} s, {report['tables']} tables, {report['rows']} rows; {report['why']}{first}"
    return Outcome(ok, text, report)


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether its row says that it was proved."""
    del target
    try:
        with hand.store.transaction() as conn:
            row = backups.get(conn, plan.captured["backup"])
    except NotFound:
        return Verdict(True, "It only read; the catalogue has no row of it.")
    return Verdict(row["proved_at"] is not None, "" if row["proved_at"] else "It is not proved.")


remedy = Remedy(
    name="prove-backup",
    phase="contain",
    summary="Restore a backup into a scratch server and compare it.",
    level="read",
    parameters=ProveBackup,
    plan=plan,
    do=do,
    verify=verify,
    undo=None,
    no_undo="it touches no target, so there is nothing to undo",
    words=("test the backup", "prove backup", "test restore", "rehearse the restore"),
    argument="backup",
    offline=True,
)
