"""What is set other than by default, where it comes from, and what roles and databases override."""

from __future__ import annotations

from fireline.assess.checks.settings import Settings
from fireline.assess.snapshot import Snapshot
from fireline.assess.view import Section, Shown, View

_NOT_A_CHOICE = ("default", "override", "client", "session", "environment variable")


def show(snapshot: Snapshot) -> Shown:
    """The settings somebody chose, the overrides, what waits for a restart, what the files get wrong."""
    reading = snapshot.last("settings", Settings)
    assert reading is not None
    chosen = [one for one in reading.values.values() if one.source not in _NOT_A_CHOICE]
    waiting = [one for one in reading.values.values() if one.pending_restart]
    facts = [
        f"{len(chosen)} settings are chosen, {len(reading.overrides)} overrides, {len(waiting)} wait for a restart"
    ]
    if reading.file_errors is None:
        facts.append("faults in the files are not shown to our role")
    return Shown(
        tuple(facts),
        (
            Section("Faults in the files", tuple({"file": one.file, "line": one.line, "setting": one.name, "fault": one.error} for one in reading.file_errors or ())),
            Section("Waits for a restart", tuple({"setting": one.name, "value": one.value} for one in waiting)),
            Section("Overrides", tuple({"database": one.database or "all", "role": one.role or "all", "setting": one.name, "value": one.value} for one in reading.overrides)),
            Section("Chosen", tuple({"setting": one.name, "value": one.value, "unit": one.unit, "default": one.default, "from": one.source, "file": one.file, "line": one.line} for one in sorted(chosen, key=lambda one: one.name))),
        ),
    )  # fmt: skip


view = View("settings", "Settings with their origin, overrides, faults in the files", ("settings",), show)
