"""The SQL functions that Fireline itself can put into a database, and the command that does."""

from __future__ import annotations

OWN = (
    "calculate_database_health_score",
    "detect_performance_bottlenecks",
    "check_foreign_key_integrity",
    "optimize_database",
)


def how_to_get(target: str | None) -> str:
    """What to do where one of them is missing. target: as --target calls the database, if it does."""
    where = f"--target {target}" if target else "--dsn DSN"
    return f"`fireline postgres install {where} --public` puts it there."
