"""What `fireline integrity` found, drawn: a line for each key, then what else speaks against the data."""

from __future__ import annotations

from typing import Any

from fireline.cli.terminal import say

_SHOWN = 3
_WORDS = {"clean": "ok", "orphans": "BROKEN", "index": "INDEX", "unknown": "unknown"}
_STYLES = {"clean": "green", "orphans": "bold red", "index": "bold red", "unknown": "dim"}
_PARTS = {
    "unvalidated": "Never validated",
    "disabled_triggers": "Triggers switched off",
    "invalid_indexes": "Indexes not usable",
    "broken_indexes": "Indexes that do not hold every row",
    "duplicate_keys": "Keys that are there twice",
    "undeclared": "Keys that might be declared",
    "unknown": "Not checked",
}


def draw(told: dict[str, Any]) -> None:
    """The whole of it."""
    from fireline.cli.times import at

    say(
        f"{told['target']} ({told['database']}), PostgreSQL {told['server_version']}, checked {at(told['taken_at'])} in {told['duration_ms'] / 1000:.1f} s",
        "",
    )
    _draw_keys(told["foreign_keys"])
    for name, title in _PARTS.items():
        if told.get(name):
            say("", f"{title}:", *(f"  {_line(name, one)}" for one in told[name]))
    say("", _verdict(told))


def _line(part: str, one: dict[str, Any]) -> str:
    """One thing of a part, in a line."""
    match part:
        case "unvalidated":
            loose = "" if one["enforced"] else ", declared NOT ENFORCED"
            return f"{one['kind']} {one['name']} on {one['relation']}{loose}"
        case "disabled_triggers":
            return f"{one['name']} on {one['table']}{_of(one)}"
        case "invalid_indexes":
            return f"{one['name']} on {one['table']}: {one['state']}"
        case "broken_indexes":
            return f"{one['name']}: {one['because'] or ', '.join(one['samples'])}"
        case "duplicate_keys":
            return f"{one['index']}: {one['keys']}, such as {', '.join(one['samples'][:_SHOWN])}"
        case "undeclared":
            pair = f"{one['table']} ({one['column']}) to {one['parent']} ({one['parent_column']})"
            return f"{pair}: {one['inclusion']:.1%} of {one['sampled']} values are there"
    return f"{one['what']}: {one['because']}"


def _of(trigger: dict[str, Any]) -> str:
    return f", which enforces {trigger['foreign_key']}" if trigger["foreign_key"] else ""


def _draw_keys(keys: list[dict[str, Any]]) -> None:
    """A line for each key, and under a broken one some of its rows."""
    from rich.text import Text

    from fireline.cli.tables import columns
    from fireline.cli.terminal import console

    if not keys:
        say("There is no foreign key.")
        return
    table = columns("", "foreign key", "table", "refers to", "rows that break it", "time")
    for one in keys:
        broken = "?" if one["orphans"] is None else f"{one['orphans'] + one['half_null']:,}"
        table.add_row(
            Text(_WORDS[one["state"]], style=_STYLES[one["state"]]), one["name"],
            f"{one['table']} ({', '.join(one['columns'])})", f"{one['parent']} ({', '.join(one['parent_columns'])})",
            broken, f"{one['ms'] / 1000:.2f} s",
        )  # fmt: skip
    console().print(table)
    for one in keys:
        for sample in one["samples"][:_SHOWN]:
            key = ", ".join("null" if part is None else part for part in sample["key"])
            say(f"  {one['name']}: ({key}) at {sample['ctid']} of {sample['table']}")
        if one["state"] == "index":
            proof = one["parent_index"]
            say(
                f"  {one['name']}: {proof['name']} lies: {proof['because'] or 'it and the table give different answers'}. REINDEX INDEX CONCURRENTLY {proof['name']}"
            )
    unproved = {
        one["parent_index"]["because"]
        for one in keys
        if one["parent_index"]["state"] == "unknown" and one["state"] != "unknown"
    }
    if unproved:
        say("", f"The parents' indexes were not proved: {'; '.join(sorted(unproved))}.")


def _verdict(told: dict[str, Any]) -> str:
    findings, unknown = told["findings"], len(told["unknown"])
    wrong = f"{findings} finding{'s' if findings != 1 else ''}." if findings else "Nothing wrong was found."
    return f"{wrong} {unknown} not checked: that is no proof of health." if unknown else wrong
