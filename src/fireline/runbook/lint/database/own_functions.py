"""The SQL functions that Fireline itself can put into a database, and the command that does."""

from __future__ import annotations

OWN = (
    "calculate_database_health_score",
    "detect_performance_bottlenecks",
    "check_foreign_key_integrity",
    "optimize_database",
)


def how_to_get(target: str) -> str:
    """What to do where one of them is missing. target: as the patient is named, "database" for one named by a DSN."""
    where = "--dsn DSN" if target == "database" else f"--target {target}"
    return f"`fireline postgres install {where} --public` puts it there."
