"""Read a backup to its end: its signature, the checksum of every file, and whether the archive is whole."""

from __future__ import annotations

from pydantic import Field

from fireline.errors import Refused
from fireline.postgres import client_tools
from fireline.postgres.connect import Target
from fireline.recovery import backups, sources
from fireline.recovery.sources import Source
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict


class VerifyBackup(Parameters):
    """Which one."""

    backup: str = Field("latest", description="a backup's name, or `latest`")


def plan(target: Target, parameters: VerifyBackup, hand: Hand) -> Plan:
    """Which backup would be read."""
    source = _find(target, parameters.backup, hand)
    return Plan(
        summary=f"Read {source.label} to its end: signature, checksums, archive.",
        effect="Nothing: the backup is read, and no server is asked.",
        undo="Nothing to undo.",
        level="read",
        captured={"backup": source.label},
    )


def _find(target: Target, wanted: str, hand: Hand) -> Source:
    with hand.store.transaction() as conn:
        return sources.find(conn, hand.settings, wanted, target=target.name)


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Read it; what is found stands in its row, also when it is bad."""
    source = _find(target, plan.captured["backup"], hand)
    major = int(source.made.server["major"]) if source.made else 0
    try:
        tools = client_tools.find(major, configured=hand.settings.recovery.binaries)
        found = sources.check(source, tools, hand.settings, hand.watch).facts
    except Refused as bad:
        with hand.store.transaction() as conn:
            backups.mark(conn, source.label, "verified", {"problem": bad.message}, ok=False)
        raise
    with hand.store.transaction() as conn:
        backups.mark(conn, source.label, "verified", found, ok=True)
    return Outcome(
        True, f"backup {source.label} is whole: its signature and every checksum are right; {found['archive']}", found
    )


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether its row says that it was read."""
    del target
    with hand.store.transaction() as conn:
        row = backups.get(conn, plan.captured["backup"])
    return Verdict(row["verified_at"] is not None, "Its row says so." if row["verified_at"] else "It is not verified.")


remedy = Remedy(
    name="verify-backup",
    phase="contain",
    summary="Read a backup to its end and check every file.",
    level="read",
    parameters=VerifyBackup,
    plan=plan,
    do=do,
    verify=verify,
    undo=None,
    no_undo="it only reads, so there is nothing to undo",
    words=("verify backup", "check the backup", "verify the backup file", "check backup integrity"),
    argument="backup",
    offline=True,
)
