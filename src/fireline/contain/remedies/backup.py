"""Back the database up: a dump with a census of the same moment, signed, then read back to its end."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from fireline import clock
from fireline.errors import FirelineError, Refused
from fireline.postgres.connect import Target
from fireline.recovery import backups, dump, keys, sealing, sources
from fireline.recovery.dump import Order, Survey
from fireline.recovery.manifest import Sealed
from fireline.run.remedy import Hand, Outcome, Parameters, Plan, Remedy, Verdict
from fireline.settings import Recovery
from fireline.sizes import size


class Backup(Parameters):
    """How it is taken; what is left out is as the settings say."""

    jobs: int | None = Field(None, ge=1, le=64, description="how many tables at once; by default the machine's cores")
    compress: str | None = Field(
        None, description="zstd:1, lz4, gzip:1 to gzip:9, or none; by default the fastest there is"
    )
    encrypt: list[str] = Field(default_factory=list, description="age recipients (age1…) that alone can read it")
    to: str | None = Field(None, description="the folder it is put in; by default recovery.folder")

    @field_validator("compress")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        return None if value is None else Recovery(compress=value).compress

    @field_validator("encrypt")
    @classmethod
    def _recipients(cls, value: list[str]) -> list[str]:
        if value:
            sealing.check_recipients(value)
        return value


def plan(target: Target, parameters: Backup, hand: Hand) -> Plan:
    """What it will hold, where, with which tools, and whether there is room."""
    settings = hand.settings.recovery
    found = dump.survey(target, settings)
    home = backups.home(hand.settings, parameters.to)
    recipients = parameters.encrypt or settings.encrypt
    wanted = parameters.compress or settings.compress
    compress, needed, free = dump.fitting(found, wanted, home, sealed=bool(recipients))
    sealed = f", encrypted to {', '.join(recipients)}" if recipients else ""
    return Plan(
        summary=f"Back up {found.database} of {target.name} ({size(found.size)}, {found.tables} tables) to {home} with pg_dump {found.tools.major}, {compress}{sealed}; then read it back.",
        effect="It reads every table, so the server is busier while it lasts. It changes nothing, and when somebody waits"
        f" {settings.give_way.total_seconds():g} s for a lock behind it, it ends. It takes up to {size(needed)} of {size(free)} free.",
        undo="Nothing to undo.",
        level="reversible",
        captured={
            "to": str(home),
            "jobs": 1 if recipients else dump.jobs_of(settings, parameters.jobs),
            "compress": compress,
            "recipients": list(recipients),
            "database": found.database,
            "server": found.server,
            "planned_at": clock.now().isoformat(),
        },
    )


def do(target: Target, plan: Plan, hand: Hand) -> Outcome:
    """Row, folder, dump and census, manifest, then read back; killed anywhere, it is no backup."""
    began = time.monotonic()
    backups.settle(hand.store, hand.settings)
    settings, captured = hand.settings.recovery, plan.captured
    found = dump.survey(target, settings)
    if found.database != captured["database"]:
        raise Refused(f"target {target.name} leads to {found.database} now, and a backup of {captured['database']} was asked for",
                      hint="Ask for it again.")  # fmt: skip
    with hand.store.transaction() as conn:
        name = backups.free_name(conn, target.name, clock.now())
    folder = Path(captured["to"]) / name
    order = Order(name, folder, captured["jobs"], captured["compress"], tuple(captured["recipients"]))
    dump.check_room(Path(captured["to"]), dump.expected_bytes(found, order.compress))
    folder, sealed = _take(target, order, found, hand)
    seconds = time.monotonic() - began
    with hand.store.transaction() as conn:
        backups.end(conn, folder, sealed)
    source = sources.at(folder, hand.settings, label=name)
    checked = sources.check(source, found.tools, hand.settings, hand.watch)
    with hand.store.transaction() as conn:
        backups.mark(conn, name, "verified", checked.facts, ok=True)
    read = source.found is not None  # otherwise nobody here can: its key is elsewhere
    return _outcome(target, folder, sealed, found, seconds, read=read)


def _take(target: Target, order: Order, found: Survey, hand: Hand) -> tuple[Path, Sealed]:
    signer = keys.signer(hand.settings.path(hand.settings.recovery.key))
    with backups.taking(order.part):  # held before there is a row, or a sweep would take it for a dead one's
        with hand.store.transaction() as conn:
            backups.begin(conn, name=order.name, target=target.name, database=found.database, folder=order.folder,
                          encrypted=bool(order.recipients), by=hand.actor)  # fmt: skip
        try:
            return dump.take(target, order, found, hand.settings.recovery, signer, hand.watch)
        except FirelineError as fault:
            with hand.store.transaction() as conn:
                backups.fail(conn, order.name, fault.message)
            raise
        except OSError as fault:
            why = f"{order.folder.parent} could not be written: {fault.strerror or fault}"
            with hand.store.transaction() as conn:
                backups.fail(conn, order.name, why)
            raise Refused(why, hint="Make room, or name another folder with --to.") from None


def _outcome(target: Target, folder: Path, sealed: Sealed, found: Survey, seconds: float, *, read: bool) -> Outcome:
    made = sealed.manifest
    tables = made.counted().tables.values()
    rows = sum(table.rows for table in tables)
    facts: dict[str, Any] = {
        "backup": made.name, "folder": str(folder), "bytes": made.stored, "rows": rows, "tables": len(tables),
        "size": found.size, "seconds": round(seconds, 2), "snapshot_at": made.snapshot_at, "signer": sealed.signer,
    }  # fmt: skip
    back = "read back to its end" if read else "every checksum read back; it is encrypted, and its key is not here"
    text = f"backup {made.name} of {target.name}: {len(tables)} tables, {rows} rows, {size(made.stored)}, in {seconds:.1f} s; signed, and {back}"
    return Outcome(True, text, facts, ("backup", facts))


def verify(target: Target, plan: Plan, hand: Hand) -> Verdict:
    """Whether there is a verified backup of this database that is younger than this plan; also after a crash."""
    with hand.store.transaction() as conn:
        newest = backups.newest_verified(conn, target.name, plan.captured["database"])
    if newest is None:
        return Verdict(False, f"There is no verified backup of {target.name}.")
    said = f"The newest verified backup is of {newest:%Y-%m-%d %H:%M:%S} UTC"
    if newest < datetime.fromisoformat(plan.captured["planned_at"]):
        return Verdict(False, f"{said}, which is before this one was asked for.")
    return Verdict(True, f"{said}.")


remedy = Remedy(
    name="backup",
    phase="contain",
    summary="Take a verified backup of the current state.",
    level="reversible",
    parameters=Backup,
    plan=plan,
    do=do,
    verify=verify,
    undo=None,
    no_undo="it only reads the database, so there is nothing to undo",
    words=("create backup", "create backup of current state", "back up the database", "take a backup", "full backup", "backup current state"),
)  # fmt: skip
