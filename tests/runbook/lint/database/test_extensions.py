"""Who brings what is missing."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.database.extensions import brings_known, extension_of
from fireline.runbook.lint.world import Kind


@pytest.mark.parametrize(
    ("kind", "name", "extension"),
    [
        ("table", "pg_stat_statements", "pg_stat_statements"),
        ("function", "public.crypt", "pgcrypto"),
        ("function", "extensions.uuid_generate_v4", "uuid-ossp"),
        ("function", "ops.crypt", None),
        ("function", "ST_Distance", "postgis"),
        ("function", "cron.schedule", "pg_cron"),
        ("schema", "cron", "pg_cron"),
        ("schema", "ops", None),
        ("type", "vector", "vector"),
        ("mismatch", "<=>", "vector"),
        ("mismatch", "=", None),
        ("function", "plan", None),
        ("function", "made_up", None),
    ],
)
def test_it_is_known_by_the_whole_name_or_its_beginning(kind: Kind, name: str, extension: str | None) -> None:
    assert extension_of(kind, name) == extension


def test_it_is_said_whether_one_is_known() -> None:
    assert brings_known("pg_trgm")
    assert not brings_known("made_up")
