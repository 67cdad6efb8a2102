"""Read a backup to its end: its signature, the checksum of every file, and whether the archive is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import Field

from fireline.errors import NotFound, Refused
from fireline.postgres import client_tools
from fireline.postgres.connect import Target
from fireline.recovery import backups, sources
from fireline.recovery.sources import Source
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict


class VerifyBackup(Parameters):
    """Which one."""

    backup: str = Field("latest", description="a backup's name, or `latest`")


def plan(target: Target, parameters: VerifyBackup, hand: Hand) -> Plan:
    """Which backup would be read. One whose manifest is spoilt is read, too: that is what its row must say then."""
    try:
        label = _find(target, parameters.backup, hand).label
    except Refused:
        known = _row(target, parameters.backup, hand)
        if known is None:
            raise
        label = known
    return Plan(
        summary=f"Read {label} to its end: signature, checksums, archive.",
        effect="Nothing: the backup is read, and no server is asked.",
        undo="Nothing to undo.",
        level="read",
        captured={"backup": label},
    )


def _find(target: Target, wanted: str, hand: Hand) -> Source:
    with hand.store.transaction() as conn:
        return sources.find(conn, hand.settings, wanted, target=target.name)


def _row(target: Target, wanted: str, hand: Hand) -> str | None:
    """The name of a whole backup of the catalogue whose files are on this machine."""
    try:
        with hand.store.transaction() as conn:
            row = backups.get(conn, f"{target.name}:latest" if wanted == "latest" else wanted)
    except NotFound:
        return None
    return str(row["name"]) if row["state"] == "whole" and Path(row["folder"]).is_dir() else None


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Read it; what is found stands in its row, also when it is bad. A folder that was named by its path stands in none."""
    name = plan.captured["backup"]
    known = _row(target, name, hand)
    with _told_when_bad(known, hand):
        source = _find(target, name, hand)
    major = int(source.made.server["major"]) if source.made else 0
    tools = client_tools.find(major, configured=hand.settings.recovery.binaries)  # that they lack says nothing of it
    with _told_when_bad(known, hand):
        found = sources.check(source, tools, hand.settings, hand.watch).facts
    if known is not None:
        with hand.store.transaction() as conn:
            backups.mark(conn, known, "verified", found, ok=True)
    return Outcome(
        True, f"backup {name} is whole: its signature and every checksum are right; {found['archive']}", found
    )


@contextmanager
def _told_when_bad(known: str | None, hand: Hand) -> Iterator[None]:
    """Have its row say so when it turns out to be bad: it must not open the gate any more."""
    try:
        yield
    except Refused as bad:
        if known is not None:
            with hand.store.transaction() as conn:
                backups.mark(conn, known, "verified", {"problem": bad.message}, ok=False)
        raise


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether its row says that it was read."""
    name = plan.captured["backup"]
    if _row(target, name, hand) is None:
        return Verdict(True, "It only read; the catalogue has no row of it.")
    with hand.store.transaction() as conn:
        row = backups.get(conn, name)
    return Verdict(row["verified_at"] is not None, "" if row["verified_at"] else "It is not verified.")


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
