"""Which commands keep a copy of what was there."""

from __future__ import annotations

import pytest

from fireline.runbook.document import Action
from fireline.runbook.lint.steps.calls import calls_of
from fireline.runbook.lint.steps.saving import keeps_copy, saves
from tests.runbook.rules.saying import sql, subject_of


def fence(text: str, language: str) -> Action:
    return subject_of(sql(text, language)).commands[0].action


@pytest.mark.parametrize(
    ("command", "saving"),
    [
        ("pg_dumpall > all.sql", True),
        ("pg_dump -Fc shop -f /srv/x", True),
        ("aws rds create-db-snapshot --db-instance-identifier x", True),
        ("aws rds describe-db-snapshots", False),
        ("az postgres flexible-server backup create", True),
        ("cp -a /etc/tls /etc/tls.bak", True),
        ("cp a b", False),
        ("kubectl get cm x -o yaml > backup.yaml", True),
        ("kubectl get cm x -o yaml > x.yaml", False),
        ("./backup.sh --full", True),
        ("./backup.sh restore latest", False),
        ("backup-manager list", False),
        ("git stash", True),
        ("pg_restore -d shop x", False),
    ],
)
def test_a_call_saves_by_its_name_its_words_or_where_it_writes(command: str, saving: bool) -> None:
    assert saves(calls_of(command)[0]) is saving


@pytest.mark.parametrize(
    ("text", "language", "kept"),
    [
        ("CREATE TABLE orders_old AS SELECT * FROM orders;", "sql", True),
        ("COPY orders TO '/srv/orders.csv';", "sql", True),
        ("COPY orders FROM '/srv/orders.csv';", "sql", False),
        ("SELECT 1;", "sql", False),
        ("SELEC 1;", "sql", False),
        ("docker exec db pg_dump shop > f", "bash", True),
        ("echo pg_dump", "bash", False),
    ],
)
def test_a_fence_keeps_a_copy_in_sql_or_by_a_call_in_another_place(text: str, language: str, kept: bool) -> None:
    assert keeps_copy(fence(text, language)) is kept
