"""A role that may log in and nothing more, to see what a check makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from psycopg.conninfo import make_conninfo

from fireline.postgres.connect import Target
from fireline.redact import Secret
from tests.assess.faults import Faults

POOR = "few_rights_role"


@contextmanager
def poor(target: Target, faults: Faults, *grants: str) -> Iterator[Target]:
    """The same target, asked by a role that has only what is granted here; it is gone afterwards."""
    faults.owner.execute(f"CREATE ROLE {POOR} LOGIN PASSWORD 'few-rights-word'".encode())
    try:
        for grant in grants:
            faults.owner.execute(f"GRANT {grant} TO {POOR}".encode())
        yield replace(target, dsn=Secret(make_conninfo(target.dsn.reveal(), user=POOR, password="few-rights-word")))
    finally:
        faults.owner.execute(f"DROP OWNED BY {POOR}".encode())
        faults.owner.execute(f"DROP ROLE {POOR}".encode())
